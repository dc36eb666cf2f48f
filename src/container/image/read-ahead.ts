/**
 * The same items, each asked for while the consumer still works on the one before: reading overlaps with hashing and writing.
 * Holds one item at most beside the consumer's.
 */
export async function* readAhead<Item>(
  source: AsyncGenerator<Item, void, undefined>,
): AsyncGenerator<Item, void, undefined> {
  let coming = ask(source);
  try {
    for (;;) {
      const item = await coming;
      if (item.done) return;
      coming = ask(source);
      yield item.value;
    }
  } finally {
    // A consumer that leaves early must not leave the source's file open.
    await coming.catch(() => {});
    await source.return();
  }
}

function ask<Item>(source: AsyncGenerator<Item, void, undefined>): Promise<IteratorResult<Item, void>> {
  const coming = source.next();
  // It may fail before it is awaited; the failure is seen there, not as an unhandled rejection.
  coming.catch(() => {});
  return coming;
}

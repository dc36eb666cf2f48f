const kept: object[] = [];

/**
 * Keeps an instance of a class whose others live for one request only. V8 drops the shape of objects of which none is alive when it
 * collects, and with it all code that was compiled for them: under load from connections that come and go, compiling everything that
 * reads requests again after each collection took half as much time as the requests.
 */
export function keepShape(instance: object): void {
  kept.push(instance);
}

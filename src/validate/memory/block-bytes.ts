const PAGE = 4096;
/** From this size on glibc maps blocks one by one: MALLOC_MMAP_THRESHOLD_ of the runtime's environment. */
const MAPPED_FROM = 65536;
/** Header and the slack that aligning to 64 bytes costs. */
const MAPPED_OVERHEAD = 128;
const HEAP_OVERHEAD = 80;

/** What a block of so many bytes takes from the system: whole pages where it is mapped by itself, else its place in the heap. */
export function blockBytes(bytes: number): number {
  if (bytes === 0) return 0;
  if (isInHeap(bytes)) return Math.ceil((bytes + HEAP_OVERHEAD) / 16) * 16;
  return Math.ceil((bytes + MAPPED_OVERHEAD) / PAGE) * PAGE;
}

export function isInHeap(bytes: number): boolean {
  return bytes < MAPPED_FROM;
}

/** The one layer that is made of packages; or one of those of an image that is built upon, counted from 1 at the bottom. */
export function baseLayerName(index?: number): string {
  return index === undefined ? 'base' : `base-${index + 1}`;
}

export function isBaseLayer(name: string): boolean {
  return /^base(-\d+)?$/.test(name);
}

/** Images that lie elsewhere than in a registry are named by where: `oci:FOLDER`, an archive, or `docker:NAME`. */
export function isImagePlace(text: string): boolean {
  return /^(oci|oci-archive|docker-archive|docker):./.test(text);
}

import { EXIT, Failure } from '../../nouns/failure.ts';
import { isHost, isPath, isTag, splitName } from '../../nouns/reference.ts';

/** What an engine calls an image. */
export interface ImageName {
  /** As the user writes it, without the tag. */
  readonly name: string;
  readonly tag: string;
}

const MAX_NAME_LENGTH = 255;

/** Reads `[HOST/]PATH[:TAG]`, the tag being `latest` where none is given. Throws `output/image-name`. */
export function parseImageName(text: string): ImageName {
  const colon = text.lastIndexOf(':');
  const tagged = colon > text.lastIndexOf('/');
  const name = tagged ? text.slice(0, colon) : text;
  const tag = tagged ? text.slice(colon + 1) : 'latest';
  const { host, path } = splitName(name);
  const wrongHost = host !== undefined && !isHost(host);
  if (wrongHost || !isPath(path) || !isTag(tag) || name.length > MAX_NAME_LENGTH) throw refusal(text);
  return { name, tag };
}

function refusal(text: string): Failure {
  return new Failure(`${JSON.stringify(text)} is not an image name`, {
    code: 'output/image-name',
    exit: EXIT.usage,
    mend: 'Use lower-case letters, digits and . _ - between them, with an optional tag: ticket-classifier:1.2.',
  });
}

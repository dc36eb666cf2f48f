import { EXIT, Failure } from '../../nouns/failure.ts';

/** What an engine calls an image. */
export interface ImageName {
  /** As the user writes it, without the tag. */
  readonly name: string;
  readonly tag: string;
}

const HOST = /^(?:localhost|[a-zA-Z0-9-]+(?:\.[a-zA-Z0-9-]+)+|[a-zA-Z0-9-]+(?=:)|\[[0-9a-fA-F:]+\])(?::\d+)?$/;
const PATH = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const TAG = /^\w[\w.-]{0,127}$/;
const MAX_NAME_LENGTH = 255;

/** Reads `[HOST/]PATH[:TAG]`, the tag being `latest` where none is given. Throws `output/image-name`. */
export function parseImageName(text: string): ImageName {
  const colon = text.lastIndexOf(':');
  const tagged = colon > text.lastIndexOf('/');
  const name = tagged ? text.slice(0, colon) : text;
  const tag = tagged ? text.slice(colon + 1) : 'latest';
  const slash = name.indexOf('/');
  const first = slash < 0 ? '' : name.slice(0, slash);
  const hosted = HOST.test(first);
  const path = hosted ? name.slice(slash + 1) : name;
  if (!PATH.test(path) || !TAG.test(tag) || name.length > MAX_NAME_LENGTH) throw refusal(text);
  return { name, tag };
}

function refusal(text: string): Failure {
  return new Failure(`${JSON.stringify(text)} is not an image name`, {
    code: 'output/image-name',
    exit: EXIT.usage,
    mend: 'Use lower-case letters, digits and . _ - between them, with an optional tag: ticket-classifier:1.2.',
  });
}

import * as z from 'zod';
import { Failure } from './failure.ts';
import { isImagePlace } from './image-place.ts';
import { parseReference } from './reference.ts';

/** The key `base` of a configuration. */
export const BaseName = z.string().superRefine((text, context) => {
  if (text === 'debian' || isImagePlace(text)) return;
  try {
    parseReference(text);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    context.addIssue({
      code: 'custom',
      message: `wanted debian, oci:FOLDER, docker:NAME or a reference such as registry.example/base:1; ${error.message}`,
    });
  }
});

import * as z from 'zod';

/** Frameworks that have an exporter of ours. */
export const FRAMEWORKS = ['sklearn', 'xgboost', 'lightgbm', 'catboost', 'tensorflow', 'keras', 'pytorch'] as const;
export type Framework = (typeof FRAMEWORKS)[number];

/** Where an ONNX model is put that was made from something else, unless the configuration says otherwise. */
export const DEFAULT_CONVERTED_FILE = 'model.onnx';

/** What an ONNX model is made from: a framework's own file, or a program that makes one. */
export const ModelSource = z.strictObject({
  from: z
    .union([
      z.enum(FRAMEWORKS),
      z.strictObject({ command: z.array(z.string().min(1)).min(1, 'wanted a program and its arguments') }),
    ])
    .describe('The framework, or a command of your own that writes the ONNX file.'),
  source: z
    .string()
    .min(1)
    .describe('A file or folder of the framework, a training script that leaves one, or for pytorch module:function.'),
  artefact: z.string().min(1).optional().describe('What the training script leaves; found by its ending by default.'),
  file: z
    .string()
    .regex(/\.onnx$/, 'wanted a name that ends in .onnx')
    .default(DEFAULT_CONVERTED_FILE)
    .describe('Where the ONNX model goes.'),
  samples: z.string().min(1).optional().describe('Rows to compare on: CSV, Parquet, JSON or NPZ; made up by default.'),
  requirements: z
    .string()
    .min(1)
    .optional()
    .describe('Packages with hashes for the Python environment, in place of the project’s own.'),
  python: z.string().min(1).optional().describe('The Python interpreter; found on this machine by default.'),
  timeoutSeconds: z
    .number()
    .int()
    .positive()
    .max(7 * 86_400)
    .optional()
    .describe('How long a training script may take, and converting by each way; a day and an hour by default.'),
  allowCode: z.boolean().default(false).describe('Whether a file may be loaded that runs code, such as a pickle.'),
});

export type ModelSource = z.infer<typeof ModelSource>;

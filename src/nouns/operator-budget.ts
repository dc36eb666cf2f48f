import * as z from 'zod';

const Version = z.number().int('wanted a whole number').positive('wanted a number above zero');

const OPSET_RANGE = /^(>=|<=|>|<|=)?\s*\d+(\s*(>=|<=|>|<)\s*\d+)?$/;

/** `17`, `">=13"`, `">=13 <=21"`. */
const OpsetRange = z.union([
  Version,
  z.string().regex(OPSET_RANGE, 'wanted a version such as 17, or a range such as ">=13" or ">=13 <=21", in quotes'),
]);

const Count = z.number().int('wanted a whole number').nonnegative('wanted zero or more');

/** Operators as `ai.onnx:Loop`, or `Loop` for the default domain; `*` stands for any letters. */
const OperatorPattern = z
  .string()
  .regex(/^[A-Za-z0-9_.*]+(:[A-Za-z0-9_*]+)?$/, 'wanted an operator such as Loop, ai.onnx:Loop or com.microsoft:*');

const ElementTypeName = z
  .string()
  .regex(/^[a-z][a-z0-9]*$/, 'wanted an element type in lower case, such as float, float16, double or int64');

/** `budget.operators` in `plimsoll.yaml`: what a model may be made of. */
export const OperatorBudget = z.strictObject({
  opset: z
    .union([OpsetRange, z.record(z.string().min(1), OpsetRange)])
    .optional()
    .describe('Operator sets that a model may import: a range for ai.onnx, or ranges by domain.'),
  domains: z.array(z.string().min(1)).optional().describe('Domains that a model may use, ai.onnx among them.'),
  allow: z.array(OperatorPattern).optional().describe('Operators that a model may use; others are breaches.'),
  deny: z.array(OperatorPattern).optional().describe('Operators that a model may not use.'),
  max: z
    .record(z.string().min(1), Count)
    .optional()
    .describe('Largest number of nodes by operator, and of all of them under the key "nodes".'),
  parameters: Count.optional().describe('Largest number of elements in all weights.'),
  depth: Count.optional().describe('Largest depth of subgraphs; 0 allows none.'),
  dtypes: z.array(ElementTypeName).optional().describe('Element types that inputs, outputs and weights may have.'),
});

export type OperatorBudget = z.infer<typeof OperatorBudget>;

import type { CaseTensor } from '../../../../schemas/case.ts';

/** Of every type, with what is hard to write. */
export const TENSORS: readonly CaseTensor[] = [
  { name: 'b', datatype: 'BOOL', shape: [2], data: [true, false] },
  { name: 'i8', datatype: 'INT8', shape: [2], data: [-128, 127] },
  { name: 'u16', datatype: 'UINT16', shape: [1], data: [65535] },
  { name: 'i64', datatype: 'INT64', shape: [3], data: ['-9223372036854775808', '9223372036854775807', 7] },
  { name: 'u64', datatype: 'UINT64', shape: [1], data: ['18446744073709551615'] },
  { name: 'f16', datatype: 'FP16', shape: [2], data: [0.5, Number.NEGATIVE_INFINITY] },
  { name: 'f32', datatype: 'FP32', shape: [4], data: [0.25, Number.NaN, Number.POSITIVE_INFINITY, -0] },
  { name: 'f64', datatype: 'FP64', shape: [2], data: [0.1234567890123456, 1.2345678901234567e-20] },
  { name: 't', datatype: 'BYTES', shape: [3], data: ['', 'NaN, "Infinity" and 12345678901234567890', 'déjà\u2028'] },
];

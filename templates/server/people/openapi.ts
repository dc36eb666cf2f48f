import type { Plan } from '../../../schemas/plan.ts';
import type { ServedType } from '../open-inference/datatypes.ts';
import type { Port, Signature } from '../signature.ts';
import { exampleRow } from './example-row.ts';
import { hasRows } from './has-rows.ts';

export interface OpenApiParts {
  readonly plan: Plan;
  readonly signature: Signature;
  readonly serverVersion: string;
  /** Digest of the image, where the server knows it. */
  readonly imageDigest: string | undefined;
  /** Whether calls need a bearer token. */
  readonly secured: boolean;
}

type Schema = Readonly<Record<string, unknown>>;

/** An OpenAPI 3.1 document of everything that is served over HTTP, made from the model's signature. */
export function makeOpenApi(parts: OpenApiParts): Schema {
  const { signature, plan, imageDigest, secured } = parts;
  const { name, version } = signature;
  const example = JSON.parse(exampleRow(plan, signature)) as unknown;
  return {
    openapi: '3.1.0',
    info: {
      title: name,
      version,
      summary: `The model ${name}, served by Plimsoll ${parts.serverVersion}`,
      'x-plimsoll': { modelDigest: plan.model.digest, imageDigest: imageDigest ?? null, rows: hasRows(signature) },
    },
    ...(secured && { security: [{ bearer: [] }] }),
    paths: {
      '/predict': { post: predictOperation(signature, example) },
      ...protocolPaths(name),
      '/metrics': { get: plainGet('Metrics in the form of Prometheus', 'metrics', 'text/plain') },
      '/openapi.json': { get: plainGet('This document', 'describe') },
    },
    components: {
      schemas: {
        Row: rowSchema(signature.inputs, signature, 'One row: every input by its name'),
        Prediction: rowSchema(signature.outputs, signature, 'The answer to one row: every output by its name'),
        Error: { type: 'object', properties: { error: { type: 'string' } }, required: ['error'] },
        InferRequest: INFER_REQUEST,
        InferResponse: INFER_RESPONSE,
      },
      ...(secured && { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } }),
    },
  };
}

function predictOperation(signature: Signature, example: unknown): Schema {
  const oneOrMore = (schema: string): Schema => {
    const one = { $ref: `#/components/schemas/${schema}` };
    return hasRows(signature) ? { oneOf: [one, { type: 'array', items: one }] } : one;
  };
  return {
    operationId: 'predict',
    summary: hasRows(signature) ? 'Answers one row, or an array of rows' : 'Answers one object of inputs',
    requestBody: { required: true, content: { 'application/json': { schema: oneOrMore('Row'), example } } },
    responses: { 200: jsonResponse('The answers', oneOrMore('Prediction')), ...refusals() },
  };
}

function protocolPaths(name: string): Record<string, Schema> {
  const model = `/v2/models/${encodeURIComponent(name)}`;
  const request = { $ref: '#/components/schemas/InferRequest' };
  const response = { $ref: '#/components/schemas/InferResponse' };
  return {
    '/v2': { get: plainGet('Server metadata of the Open Inference Protocol', 'serverMetadata') },
    '/v2/health/live': { get: plainGet('Whether the server runs', 'live') },
    '/v2/health/ready': { get: plainGet('Whether the model can be asked', 'ready') },
    [model]: { get: plainGet('Model metadata of the Open Inference Protocol', 'modelMetadata') },
    [`${model}/ready`]: { get: plainGet('Whether this model can be asked', 'modelReady') },
    [`${model}/infer`]: {
      post: {
        operationId: 'infer',
        summary: 'Inference as the Open Inference Protocol has it, with tensors in JSON or in binary form',
        requestBody: { required: true, content: { 'application/json': { schema: request } } },
        responses: { 200: jsonResponse('The outputs', response), ...refusals() },
      },
    },
  };
}

function plainGet(summary: string, operationId: string, type = 'application/json'): Schema {
  return { operationId, summary, responses: { 200: { description: summary, content: { [type]: {} } } } };
}

function jsonResponse(description: string, schema: Schema): Schema {
  return { description, content: { 'application/json': { schema } } };
}

function refusals(): Record<string, Schema> {
  const error = { $ref: '#/components/schemas/Error' };
  return Object.fromEntries(
    Object.entries(REFUSALS).map(([status, description]) => [status, jsonResponse(description, error)]),
  );
}

const REFUSALS: Readonly<Record<string, string>> = {
  400: 'The request does not fit the model: which input, what was wanted and what was found',
  413: 'The request is larger than this image takes',
  429: 'Too much is waiting; try again after Retry-After seconds',
  503: 'The model is still loading, or the server is shutting down',
};

/** Inputs or outputs by name, without the dimension that counts rows. */
function rowSchema(ports: readonly Port[], signature: Signature, description: string): Schema {
  const rows = hasRows(signature);
  return {
    type: 'object',
    description,
    properties: Object.fromEntries(ports.map((port) => [port.name, portSchema(port, rows)])),
    required: ports.map((port) => port.name),
    additionalProperties: false,
  };
}

function portSchema({ type, datatype, axes }: Port, rows: boolean): Schema {
  const shape = (rows ? axes?.slice(1) : axes) ?? undefined;
  const element = ELEMENTS[type];
  const described = axes?.map((axis) => (axis === null ? '?' : typeof axis === 'number' ? axis : axis.name)).join(', ');
  const description = `${datatype.name} ${described === undefined ? 'of any shape' : `[${described}]`}`;
  // Any nesting of arrays, where the model does not say how deep.
  if (shape === undefined) return { description, anyOf: [element, { type: 'array' }] };
  const nested = shape.reduceRight<Schema>((items, axis) => {
    const most = typeof axis === 'number' ? axis : axis?.bound;
    return {
      type: 'array',
      items,
      ...(typeof axis === 'number' && { minItems: axis }),
      ...(most !== undefined && { maxItems: most }),
    };
  }, element);
  return { description, ...nested };
}

/** What JSON has no words for is written in quotes. */
const FLOAT: Schema = { anyOf: [{ type: 'number' }, { enum: ['NaN', 'Infinity', '-Infinity'] }] };

function integer(minimum: number, maximum: number): Schema {
  return { type: 'integer', minimum, maximum };
}

/** Beyond 2^53 many readers of JSON round: digits in quotes are taken as well. */
function wide(number: Schema, pattern: string): Schema {
  return { anyOf: [number, { type: 'string', pattern }] };
}

const ELEMENTS: Readonly<Record<ServedType, Schema>> = {
  float: FLOAT,
  double: FLOAT,
  float16: FLOAT,
  int8: integer(-128, 127),
  uint8: integer(0, 255),
  int16: integer(-32768, 32767),
  uint16: integer(0, 65535),
  int32: integer(-2147483648, 2147483647),
  uint32: integer(0, 4294967295),
  int64: wide({ type: 'integer', format: 'int64' }, '^-?\\d{1,19}$'),
  uint64: wide({ type: 'integer', minimum: 0 }, '^\\d{1,20}$'),
  bool: { type: 'boolean' },
  string: { type: 'string' },
};

const TENSOR: Schema = {
  type: 'object',
  properties: {
    name: { type: 'string' },
    shape: { type: 'array', items: { type: 'integer', minimum: 0 } },
    datatype: { type: 'string' },
    parameters: { type: 'object' },
    data: { type: 'array' },
  },
  required: ['name', 'shape', 'datatype'],
};

const INFER_REQUEST: Schema = {
  type: 'object',
  properties: {
    id: { type: 'string' },
    parameters: { type: 'object' },
    inputs: { type: 'array', items: TENSOR },
    outputs: { type: 'array', items: { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] } },
  },
  required: ['inputs'],
};

const INFER_RESPONSE: Schema = {
  type: 'object',
  properties: {
    model_name: { type: 'string' },
    model_version: { type: 'string' },
    id: { type: 'string' },
    outputs: { type: 'array', items: TENSOR },
  },
  required: ['model_name', 'outputs'],
};

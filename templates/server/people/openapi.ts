import type { Plan } from '../../../schemas/plan.ts';
import type { ServedType } from '../open-inference/datatypes.ts';
import type { Port, Signature } from '../signature.ts';
import { exampleRow } from './example-row.ts';
import { hasRows } from './has-rows.ts';
import { type Content, describeOperation, type OperationFacts, type Schema } from './openapi-operation.ts';

export interface OpenApiParts {
  readonly plan: Plan;
  readonly signature: Signature;
  readonly serverVersion: string;
  /** Digest of the image, where the server knows it. */
  readonly imageDigest: string | undefined;
  /** Whether calls need a bearer token. */
  readonly secured: boolean;
}

const JSON_TYPE = 'application/json';
const BINARY_TYPE = 'application/octet-stream';

/** An OpenAPI 3.1 document of everything that is served over HTTP, made from the model's signature. */
export function makeOpenApi(parts: OpenApiParts): Schema {
  const { signature, plan, imageDigest, secured } = parts;
  const { name, version } = signature;
  return {
    openapi: '3.1.0',
    info: {
      title: name,
      version,
      summary: `The model ${name}, served by Plimsoll ${parts.serverVersion}`,
      'x-plimsoll': { modelDigest: plan.model.digest, imageDigest: imageDigest ?? null, rows: hasRows(signature) },
    },
    ...(secured && { security: [{ bearer: [] }] }),
    paths: describePaths(parts),
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

function describePaths({ plan, signature, secured }: OpenApiParts): Record<string, Schema> {
  const { name, version } = signature;
  const gated = (facts: OperationFacts): Schema => describeOperation(facts, secured);
  // Orchestrators' probes have no token.
  const open = (facts: OperationFacts): Schema => ({
    ...describeOperation(facts, false),
    ...(secured && { security: [] }),
  });
  const get = (operationId: string, summary: string, answer: Content = SOME_JSON): OperationFacts => ({
    operationId,
    summary,
    answer,
  });
  const model = `/v2/models/${encodeURIComponent(name)}`;
  const modelPaths = (path: string, suffix: string): Record<string, Schema> => ({
    [path]: { get: gated(get(`modelMetadata${suffix}`, 'Model metadata of the Open Inference Protocol')) },
    [`${path}/ready`]: {
      get: gated({ ...get(`modelReady${suffix}`, 'Whether this model can be asked'), refusals: [503] }),
    },
    [`${path}/infer`]: { post: gated(inferFacts(`infer${suffix}`)) },
  });
  return {
    '/predict': { post: gated(predictFacts(plan, signature)) },
    '/v2': { get: gated(get('serverMetadata', 'Server metadata of the Open Inference Protocol')) },
    '/v2/health/live': { get: open(get('live', 'Whether the server runs')) },
    '/v2/health/ready': { get: open({ ...get('ready', 'Whether the model can be asked'), refusals: [503] }) },
    ...modelPaths(model, ''),
    ...modelPaths(`${model}/versions/${encodeURIComponent(version)}`, 'OfVersion'),
    '/v2/repository/index': {
      post: gated({ ...get('repositoryIndex', 'The one model that there is'), refusals: [413, 415] }),
    },
    '/metrics': { get: gated(get('metrics', 'Metrics in the form of Prometheus', { 'text/plain': {} })) },
    '/openapi.json': { get: gated(get('describe', 'This document')) },
  };
}

const SOME_JSON: Content = { [JSON_TYPE]: {} };

const RUN_REFUSALS = [400, 413, 415, 429, 500, 503, 504] as const;

function predictFacts(plan: Plan, signature: Signature): OperationFacts {
  const oneOrMore = (schema: string): Schema => {
    const one = { $ref: `#/components/schemas/${schema}` };
    return hasRows(signature) ? { oneOf: [one, { type: 'array', items: one }] } : one;
  };
  const example = JSON.parse(exampleRow(plan, signature)) as unknown;
  return {
    operationId: 'predict',
    summary: hasRows(signature) ? 'Answers one row, or an array of rows' : 'Answers one object of inputs',
    request: { requestBody: { required: true, content: { [JSON_TYPE]: { schema: oneOrMore('Row'), example } } } },
    answer: { [JSON_TYPE]: { schema: oneOrMore('Prediction') } },
    refusals: RUN_REFUSALS,
  };
}

function inferFacts(operationId: string): OperationFacts {
  const request = { $ref: '#/components/schemas/InferRequest' };
  const response = { $ref: '#/components/schemas/InferResponse' };
  return {
    operationId,
    summary: 'Inference as the Open Inference Protocol has it, with tensors in JSON or in binary form',
    request: {
      parameters: [JSON_LENGTH],
      requestBody: { required: true, content: { [JSON_TYPE]: { schema: request }, [BINARY_TYPE]: {} } },
    },
    answer: { [JSON_TYPE]: { schema: response }, [BINARY_TYPE]: {} },
    refusals: RUN_REFUSALS,
  };
}

const JSON_LENGTH: Schema = {
  name: 'Inference-Header-Content-Length',
  in: 'header',
  description: 'Bytes of the JSON before binary tensors',
  schema: { type: 'integer', minimum: 0 },
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

import assert from 'node:assert/strict';
import { decodeInferInSteps } from '../../templates/server/grpc/decode-infer.ts';
import { TYPED_CONTENTS, type TypedType } from '../../templates/server/grpc/typed-contents.ts';
import { WireWriter } from '../../templates/server/grpc/wire-writer.ts';
import { JsonReader } from '../../templates/server/json/reader.ts';
import { DEFAULT_LIMITS } from '../../templates/server/limits.ts';
import { DATATYPES, type ServedType } from '../../templates/server/open-inference/datatypes.ts';
import { decodeInSteps } from '../../templates/server/open-inference/decode.ts';
import { readRows } from '../../templates/server/people/read-rows.ts';
import { STEP_BYTES } from '../../templates/server/reading-steps.ts';
import { makeSignature } from '../../templates/server/signature.ts';
import type { Steps } from '../../templates/server/take-in-turns.ts';
import type { Tensors } from '../../templates/server/tensor.ts';
import { identity, makePlan } from './plans.ts';

const COUNT = 200_000;
const COLUMNS = 4;

/** Steps for so many bytes at the least: one ends with the element or stretch in which it has had its fill. */
const LEAST_SHARE = 0.5;

describe('the steps in which a long request is read', () => {
  const counted = <Result>(steps: Steps<Result>): { steps: number; result: Result } => {
    for (let count = 0; ; count++) {
      const { done, value } = steps.next();
      if (done) return { steps: count, result: value };
    }
  };
  const assertShort = (steps: number, bytes: number): void => {
    const wanted = (LEAST_SHARE * bytes) / STEP_BYTES;
    assert.ok(steps >= wanted, `${steps} steps for ${bytes} bytes; wanted ${wanted}`);
  };
  const signatureOf = (type: ServedType) => makeSignature(makePlan(identity(type)));
  const elements = (element: string): string => Array.from({ length: COUNT }, () => element).join(',');
  const rows = (element: string): string => {
    const row = `[${Array.from({ length: COLUMNS }, () => element).join(',')}]`;
    return Array.from({ length: COUNT / COLUMNS }, () => row).join(',');
  };
  const firstOf = ({ x }: Tensors): unknown => x?.data[0];
  const lastOf = ({ x }: Tensors): unknown => x?.data[COUNT - 1];

  const JSON_FORMS: readonly (readonly [ServedType, string, unknown])[] = [
    ['float', '0.25', 0.25],
    ['float16', '0.5', 0x3800],
    ['int64', '7', 7n],
    ['int64', '-9007199254740993', -9007199254740993n],
    ['uint64', '"18446744073709551615"', 18446744073709551615n],
    ['int32', '-12345', -12345],
    ['uint8', '255', 255],
    ['bool', 'true', 1],
    ['bool', '1', 1],
    ['string', '"a"', 'a'],
    ['string', String.raw`"\u00e9"`, 'é'],
  ];

  for (const [type, element, wanted] of JSON_FORMS) {
    const { name } = DATATYPES[type];
    const shape = `"shape":[${COUNT / COLUMNS},${COLUMNS}]`;
    const bodies = {
      flat: `${shape},"data":[${elements(element)}]`,
      nested: `${shape},"data":[${rows(element)}]`,
      'before the shape': `"data":[${elements(element)}],${shape}`,
    };
    for (const [how, text] of Object.entries(bodies)) {
      it(`are short for ${element} as ${name}, ${how}`, () => {
        const body = Buffer.from(`{"inputs":[{"name":"x","datatype":"${name}",${text}}]}`);
        const { steps, result } = counted(decodeInSteps(body, signatureOf(type), {}));
        assertShort(steps, body.length);
        assert.deepEqual([firstOf(result.inputs), lastOf(result.inputs)], [wanted, wanted]);
      });
    }
    it(`are short for rows of ${element} as ${name}, and for one long row`, () => {
      const row = `{"x":[${Array.from({ length: COLUMNS }, () => element).join(',')}]}`;
      const many = Buffer.from(`[${Array.from({ length: COUNT / COLUMNS }, () => row).join(',')}]`);
      const one = Buffer.from(`{"x":[${rows(element)}]}`);
      const signature = signatureOf(type);
      const rowPlan = makePlan({ inputs: [['x', type, ['columns']]], outputs: [] });
      for (const [body, of, batched] of [
        [many, signature, true],
        [one, makeSignature(makePlan({ ...identity(type) })), false],
        [Buffer.from(`{"x":[${elements(element)}]}`), makeSignature(rowPlan), false],
      ] as const) {
        const { steps, result } = counted(readRows(new JsonReader(body, DEFAULT_LIMITS), { signature: of, batched }));
        assertShort(steps, body.length);
        assert.deepEqual([firstOf(result.inputs), lastOf(result.inputs)], [wanted, wanted]);
      }
    });
  }

  it('are short for what the protocol does not know', () => {
    const x = '"inputs":[{"name":"x","datatype":"INT64","shape":[1,1],"data":[7]}]';
    for (const more of [
      `"more":[${elements('7')}]`,
      `"more":[${elements('[[[{}]]]')}]`,
      `"more":{${elements('"a":{"b":[]}')}}`,
      elements('"a":7'),
    ]) {
      const body = Buffer.from(`{${more},${x}}`);
      const { steps, result } = counted(decodeInSteps(body, signatureOf('int64'), {}));
      assertShort(steps, body.length);
      assert.equal(firstOf(result.inputs), 7n);
    }
  });

  it('are short for texts and booleans in binary form', () => {
    for (const [type, element, wanted] of [
      ['string', Buffer.from([1, 0, 0, 0, 0x61]), 'a'],
      ['bool', Buffer.from([1]), 1],
    ] as const) {
      const tail = Buffer.concat(Array.from({ length: COUNT }, () => element));
      const inputs = [
        {
          name: 'x',
          datatype: DATATYPES[type].name,
          shape: [COUNT / COLUMNS, COLUMNS],
          parameters: { binary_data_size: tail.length },
        },
      ];
      const json = Buffer.from(JSON.stringify({ inputs }));
      const { steps, result } = counted(
        decodeInSteps(Buffer.concat([json, tail]), signatureOf(type), { jsonBytes: json.length }),
      );
      assertShort(steps, tail.length);
      assert.deepEqual([firstOf(result.inputs), lastOf(result.inputs)], [wanted, wanted]);
    }
  });

  const TYPED: readonly (readonly [TypedType, Buffer, unknown])[] = [
    ['int64', Buffer.from([7]), 7n],
    ['int32', Buffer.from([0xb9, 0x60]), 12345],
    ['bool', Buffer.from([1]), 1],
  ];
  const messageOf = (type: ServedType, contents: Buffer, raw?: Buffer): Buffer => {
    const tensor = new WireWriter()
      .text(1, 'x')
      .text(2, DATATYPES[type].name)
      .packed(3, [COUNT / COLUMNS, COLUMNS]);
    if (contents.length > 0) tensor.span(5, contents);
    const message = new WireWriter().text(1, 'model').span(5, tensor.finish());
    return (raw ? message.span(7, raw) : message).finish();
  };

  for (const [type, element, wanted] of TYPED) {
    it(`are short for typed contents of ${type}, packed and not`, () => {
      const { field } = TYPED_CONTENTS[type];
      const packed = Buffer.concat(Array.from({ length: COUNT }, () => element));
      const single = Buffer.concat([Buffer.from([8 * field]), element]);
      for (const contents of [
        new WireWriter().span(field, packed).finish(),
        Buffer.concat(Array.from({ length: COUNT }, () => single)),
      ]) {
        const message = messageOf(type, contents);
        const { steps, result } = counted(decodeInferInSteps(message, signatureOf(type), DEFAULT_LIMITS));
        assertShort(steps, message.length);
        assert.deepEqual([firstOf(result.inputs), lastOf(result.inputs)], [wanted, wanted]);
      }
    });
  }

  it('are short for floats that are not packed, for texts, and for raw texts and booleans', () => {
    const float = Buffer.from([8 * 6 + 5, 0, 0, 0x80, 0x3e]);
    const text = Buffer.from([8 * 8 + 2, 1, 0x61]);
    const rawText = Buffer.from([1, 0, 0, 0, 0x61]);
    const repeated = (element: Buffer): Buffer => Buffer.concat(Array.from({ length: COUNT }, () => element));
    for (const [type, message, wanted] of [
      ['float', messageOf('float', repeated(float)), 0.25],
      ['string', messageOf('string', repeated(text)), 'a'],
      ['string', messageOf('string', Buffer.alloc(0), repeated(rawText)), 'a'],
      ['bool', messageOf('bool', Buffer.alloc(0), Buffer.alloc(COUNT, 1)), 1],
    ] as const) {
      const { steps, result } = counted(decodeInferInSteps(message, signatureOf(type), DEFAULT_LIMITS));
      assertShort(steps, message.length);
      assert.deepEqual([firstOf(result.inputs), lastOf(result.inputs)], [wanted, wanted]);
    }
  });

  it('end at each of many short tensors', () => {
    const count = 500;
    const texts = Buffer.concat(Array.from({ length: 1000 }, () => Buffer.from([1, 0, 0, 0, 0x61])));
    const names = Array.from({ length: count }, (_, index) => `x${index}`);
    const signature = makeSignature(
      makePlan({ inputs: names.map((name) => [name, 'string', [1000]] as const), outputs: [] }),
    );
    const message = new WireWriter().text(1, 'model');
    for (const name of names) {
      message.span(5, new WireWriter().text(1, name).text(2, 'BYTES').packed(3, [1000]).finish());
    }
    for (const _ of names) message.span(7, texts);
    const inputs = names.map((name) => {
      const parameters = { binary_data_size: texts.length };
      return { name, datatype: 'BYTES', shape: [1000], parameters };
    });
    const json = Buffer.from(JSON.stringify({ inputs }));
    const body = Buffer.concat([json, ...names.map(() => texts)]);
    assert.ok(counted(decodeInferInSteps(message.finish(), signature, DEFAULT_LIMITS)).steps >= count);
    assert.ok(counted(decodeInSteps(body, signature, { jsonBytes: json.length })).steps >= count);
  });

  it('are few for a message of more fields than all its tensors can have', () => {
    const message = Buffer.alloc(2 ** 20, Buffer.from([8 * 9, 1]));
    assert.throws(() => counted(decodeInferInSteps(message, signatureOf('int64'), DEFAULT_LIMITS)), {
      status: 400,
      message: 'the request has more than 131072 fields',
    });
  });
});

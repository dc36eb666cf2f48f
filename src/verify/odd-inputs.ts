import type { CaseTensor, Datatype } from '../../schemas/case.ts';
import type { Tensors } from './rows.ts';

type Element = CaseTensor['data'][number];

interface Oddity {
  readonly name: string;
  /** Whether a sum of such numbers is the same in every order. */
  readonly isOrderFree: boolean;
  /** What an element of a type becomes; left out where the oddity is nothing for it. */
  readonly elements: Readonly<Partial<Record<Datatype, (index: number) => Element>>>;
}

const FLOATS: readonly Datatype[] = ['FP16', 'FP32', 'FP64'];

/** The largest finite number of a type. */
const LARGEST: Readonly<Partial<Record<Datatype, number>>> = {
  FP16: 65504,
  FP32: 3.4028234663852886e38,
  FP64: Number.MAX_VALUE,
};

const INTEGERS: Readonly<Partial<Record<Datatype, readonly [Element, Element]>>> = {
  INT8: [-128, 127],
  INT16: [-32768, 32767],
  INT32: [-2147483648, 2147483647],
  INT64: ['-9223372036854775808', '9223372036854775807'],
  UINT8: [0, 255],
  UINT16: [0, 65535],
  UINT32: [0, 4294967295],
  UINT64: [0, '18446744073709551615'],
};

const always = (types: readonly Datatype[], element: Element) =>
  Object.fromEntries(types.map((type) => [type, () => element]));

/** What clients send by mistake, sooner or later. A model may refuse it; it may not fall over. */
export const ODDITIES: readonly Oddity[] = [
  {
    name: 'zeros',
    isOrderFree: true,
    elements: {
      ...always([...FLOATS, ...(Object.keys(INTEGERS) as Datatype[])], 0),
      BOOL: () => false,
      BYTES: () => '0',
    },
  },
  {
    name: 'extremes',
    isOrderFree: false,
    elements: {
      ...Object.fromEntries(
        Object.entries(LARGEST).map(([type, value]) => [type, (index: number) => (index % 2 === 0 ? value : -value)]),
      ),
      ...Object.fromEntries(
        Object.entries(INTEGERS).map(([type, ends]) => [type, (index: number) => ends[index % 2] as Element]),
      ),
    },
  },
  { name: 'not-a-number', isOrderFree: true, elements: always(FLOATS, Number.NaN) },
  {
    name: 'infinities',
    isOrderFree: true,
    elements: Object.fromEntries(
      FLOATS.map((type) => [
        type,
        (index: number) => (index % 2 === 0 ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY),
      ]),
    ),
  },
  { name: 'empty-texts', isOrderFree: true, elements: { BYTES: () => '' } },
  { name: 'unknown-texts', isOrderFree: true, elements: { BYTES: (index) => `unheard-of ${index} ✗ 未知` } },
];

/** The same request with odd elements in every input that can have them; `null` where none can. */
export function oddRequest(request: Tensors, { elements }: Oddity): Tensors | null {
  if (!request.some(({ datatype }) => elements[datatype] !== undefined)) return null;
  return request.map((tensor) => {
    const element = elements[tensor.datatype];
    return element === undefined ? tensor : { ...tensor, data: tensor.data.map((_, index) => element(index)) };
  });
}

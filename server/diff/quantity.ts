import type { Path } from './path.ts';

const units: Readonly<Record<string, number>> = {
  ...{ n: 1e-9, u: 1e-6, m: 1e-3, '': 1, k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15, E: 1e18 },
  ...{ Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40, Pi: 2 ** 50, Ei: 2 ** 60 },
};

/** Maps and fields of the API whose values are quantities. Elsewhere `1` and `1.0` are two texts, an image tag for one. */
const quantityMaps = new Set(['limits', 'requests', 'capacity', 'hard', 'overhead']);
const quantityFields = new Set(['sizeLimit', 'divisor', 'averageValue']);

/** `100m` and `0.1` of a limit of CPU. */
export function isSameQuantity(one: unknown, other: unknown, path: Path): boolean {
  if (!isQuantityAt(path)) return false;
  const [a, b] = [amountOf(one), amountOf(other)];
  // What floating point makes of two spellings differs in its last digits.
  return a !== undefined && b !== undefined && Math.abs(a - b) <= Math.abs(a) * 1e-12;
}

function isQuantityAt(path: Path): boolean {
  const fields = path.map((step) => ('field' in step ? step.field : ''));
  const [map = '', field = ''] = fields.slice(-2);
  return quantityFields.has(field) || (quantityMaps.has(map) && fields[0] !== 'data' && fields[0] !== 'stringData');
}

function amountOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string') return undefined;
  const [, digits, unit = ''] =
    /^([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(|[numkMGTPE]|[KMGTPE]i)$/.exec(value) ?? [];
  const factor = units[unit];
  return digits === undefined || factor === undefined ? undefined : Number(digits) * factor;
}

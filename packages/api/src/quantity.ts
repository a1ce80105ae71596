import type { Quantity } from './scalars.ts';

/** How a quantity was written, and is written again: `1Ki`, `1k` or `1e3`. */
export type QuantityFormat = 'BinarySI' | 'DecimalSI' | 'DecimalExponent';

/** An exact amount. `nano` counts billionths, the finest step that Kubernetes keeps. */
export interface ParsedQuantity {
  readonly nano: bigint;
  readonly format: QuantityFormat;
}

/** Text that is not a quantity. */
export class QuantityError extends Error {
  readonly text: string;

  constructor(text: string) {
    super(
      `${JSON.stringify(text)} is not a quantity: write a number with an optional suffix, for example 500m, 2, 64Mi or 1e3`,
    );
    this.name = 'QuantityError';
    this.text = text;
  }
}

/** Longer texts are refused: a quantity within the limits needs at most 31 characters. */
const maxTextLength = 128;
const nanoPerUnit = 1_000_000_000n;
/** Kubernetes caps every quantity here (resource.Quantity: "no number may exceed 2^63-1"). */
const maxNano = (2n ** 63n - 1n) * nanoPerUnit;

const binaryExponents: Record<string, number> = { Ki: 10, Mi: 20, Gi: 30, Ti: 40, Pi: 50, Ei: 60 };
const decimalExponents: Record<string, number> = { n: -9, u: -6, m: -3, '': 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };
const decimalSuffixes = new Map(Object.entries(decimalExponents).map(([suffix, exponent]) => [exponent, suffix]));

const grammar = /^([+-]?)(\d*)(?:\.(\d*))?([KMGTPE]i|[numkMGTPE]|[eE][+-]?\d+)?$/;

/**
 * Reads a quantity exactly. What is finer than a billionth is rounded away from zero, what is beyond 2^63-1 is capped,
 * as Kubernetes does. Source: k8s.io/apimachinery resource.Quantity, its grammar and its limits.
 * @throws QuantityError when the text is no quantity.
 */
export function parseQuantity(quantity: Quantity): ParsedQuantity {
  const text = typeof quantity === 'number' ? numberText(quantity) : quantity;
  const match = text.length <= maxTextLength ? grammar.exec(text) : null;
  const [, sign = '', whole = '', fraction = '', suffix = ''] = match ?? [];
  if (match === null || whole + fraction === '') {
    throw new QuantityError(text.slice(0, maxTextLength));
  }
  const digits = BigInt(whole + fraction);
  const { magnitude, format } = scale(digits, fraction.length, suffix);
  const capped = magnitude > maxNano ? maxNano : magnitude;
  return { nano: sign === '-' ? -capped : capped, format };
}

/** `parseQuantity`, or undefined when the value is no quantity. */
export function tryParseQuantity(quantity: unknown): ParsedQuantity | undefined {
  if (typeof quantity !== 'string' && typeof quantity !== 'number') {
    return undefined;
  }
  try {
    return parseQuantity(quantity);
  } catch (error) {
    if (error instanceof QuantityError) {
      return undefined;
    }
    throw error;
  }
}

/** The amount in whole units (bytes, cores), rounded up to the next whole one away from zero. */
export function wholeUnits(quantity: Quantity | ParsedQuantity): bigint {
  return divideAwayFromZero(parsed(quantity).nano, nanoPerUnit);
}

/** The amount in thousandths (millicores), rounded up. */
export function milliUnits(quantity: Quantity | ParsedQuantity): bigint {
  return divideAwayFromZero(parsed(quantity).nano, 1_000_000n);
}

/** Negative, zero or positive, as the first is smaller than, equal to or greater than the second. */
export function compareQuantities(a: Quantity | ParsedQuantity, b: Quantity | ParsedQuantity): number {
  const difference = parsed(a).nano - parsed(b).nano;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** The sum, written in the first one's format. */
export function addQuantities(a: Quantity | ParsedQuantity, b: Quantity | ParsedQuantity): ParsedQuantity {
  const first = parsed(a);
  return { nano: first.nano + parsed(b).nano, format: first.format };
}

/** A quantity of whole units, for example bytes; written with binary suffixes unless told otherwise. */
export function quantityOf(units: bigint | number, format: QuantityFormat = 'BinarySI'): ParsedQuantity {
  return { nano: BigInt(units) * nanoPerUnit, format };
}

/**
 * The canonical text: the largest suffix that leaves no fraction. Binary amounts below 1024 or with a fraction are
 * written with decimal suffixes, as Kubernetes does.
 */
export function formatQuantity(quantity: Quantity | ParsedQuantity): string {
  const { nano, format } = parsed(quantity);
  const sign = nano < 0n ? '-' : '';
  const magnitude = nano < 0n ? -nano : nano;
  if (magnitude === 0n) {
    return '0';
  }
  if (format === 'BinarySI' && magnitude >= 1024n * nanoPerUnit && magnitude % nanoPerUnit === 0n) {
    return sign + formatBinary(magnitude / nanoPerUnit);
  }
  return sign + formatDecimal(magnitude, format === 'DecimalExponent');
}

function parsed(quantity: Quantity | ParsedQuantity): ParsedQuantity {
  return typeof quantity === 'object' ? quantity : parseQuantity(quantity);
}

/** JavaScript writes large and small numbers as `1e+21`, which the grammar takes. */
function numberText(value: number): string {
  return Number.isFinite(value) ? String(value) : 'not a finite number';
}

function scale(digits: bigint, fractionDigits: number, suffix: string): { magnitude: bigint; format: QuantityFormat } {
  const binaryExponent = binaryExponents[suffix];
  if (binaryExponent !== undefined) {
    const magnitude = powerOfTen(digits << BigInt(binaryExponent), 9 - fractionDigits);
    return { magnitude, format: magnitude > 0n && magnitude < nanoPerUnit ? 'DecimalSI' : 'BinarySI' };
  }
  const decimalExponent = decimalExponents[suffix];
  if (decimalExponent !== undefined) {
    return { magnitude: powerOfTen(digits, 9 + decimalExponent - fractionDigits), format: 'DecimalSI' };
  }
  // At most 128 digits were read, so an exponent beyond 400 is past every limit already.
  const exponent = Math.max(-400, Math.min(400, Number(suffix.slice(1))));
  return { magnitude: powerOfTen(digits, 9 + exponent - fractionDigits), format: 'DecimalExponent' };
}

/** digits times ten to the exponent, rounded up. */
function powerOfTen(digits: bigint, exponent: number): bigint {
  return exponent >= 0 ? digits * 10n ** BigInt(exponent) : divideAwayFromZero(digits, 10n ** BigInt(-exponent));
}

function divideAwayFromZero(value: bigint, divisor: bigint): bigint {
  const quotient = value / divisor;
  if (value % divisor === 0n) {
    return quotient;
  }
  return value < 0n ? quotient - 1n : quotient + 1n;
}

function formatBinary(units: bigint): string {
  let suffix = '';
  let mantissa = units;
  for (const next of ['Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei']) {
    if (mantissa % 1024n !== 0n) {
      break;
    }
    mantissa /= 1024n;
    suffix = next;
  }
  return `${mantissa}${suffix}`;
}

function formatDecimal(nano: bigint, asExponent: boolean): string {
  let mantissa = nano;
  let exponent = -9;
  while (mantissa % 1000n === 0n && exponent < 18) {
    mantissa /= 1000n;
    exponent += 3;
  }
  if (asExponent) {
    return exponent === 0 ? String(mantissa) : `${mantissa}e${exponent}`;
  }
  return `${mantissa}${decimalSuffixes.get(exponent)}`;
}

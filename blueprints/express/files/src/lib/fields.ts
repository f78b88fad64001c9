/**
 * The types of fields. Each is a schema that takes what JSON holds, reports at most one mistake, and returns the value
 * as the service keeps it: text, a number or a boolean. What numbers of JSON cannot hold exactly is text.
 */
import { z } from 'zod';

/** Says what a value has to be, where there is one. */
function ofType(expected: string) {
  return { error: (issue: { input?: unknown }) => (issue.input === undefined ? 'is required' : expected) };
}

/** Refuses a value with what the check says is wrong with it, if it says anything. */
function refusing<T>(schema: z.ZodType<T>, check: (value: T) => string | undefined) {
  return schema.superRefine((value, context) => {
    const message = check(value);
    if (message !== undefined) {
      context.addIssue({ code: 'custom', message });
    }
  });
}

interface TextRules {
  min?: number;
  max: number;
  /** A regular expression that has to match all of the text. */
  pattern?: string;
  /** Whether the text may be nothing but white space. */
  blank?: boolean;
}

/** Text of a limited length, counted in code points, that is kept as it is: nothing is trimmed. */
export function text({ min = 0, max, pattern, blank = false }: TextRules) {
  const shape = pattern === undefined ? undefined : new RegExp(`^(?:${pattern})$`, 'u');
  return refusing(z.string(ofType('must be a string')), (value) => {
    const length = lengthOf(value);
    if (value.includes('\0') || !value.isWellFormed()) {
      return 'must be Unicode text without U+0000';
    }
    if (length < min) {
      return `must have at least ${min} characters`;
    }
    if (length > max) {
      return `must have at most ${max} characters`;
    }
    if (!blank && value.trim() === '') {
      return 'must not be blank';
    }
    return shape && !shape.test(value) ? `must match ${shape.source}` : undefined;
  });
}

function lengthOf(value: string): number {
  let length = 0;
  for (const _ of value) {
    length += 1;
  }
  return length;
}

/** A whole number of 32 bits. */
export function integer({ min = -2_147_483_648, max = 2_147_483_647 } = {}) {
  return refusing(z.number(ofType('must be a whole number')), (value) => {
    if (!Number.isInteger(value)) {
      return 'must be a whole number';
    }
    return value < min || value > max ? `must be from ${min} to ${max}` : undefined;
  });
}

/** A whole number of 64 bits, as text. */
export function bigint({ min = '-9223372036854775808', max = '9223372036854775807' } = {}) {
  return refusing(z.string(ofType('must be a string of digits')), (value) => {
    if (!/^(?:0|-?[1-9]\d*)$/.test(value)) {
      return 'must be a string of digits';
    }
    const number = BigInt(value);
    return number < BigInt(min) || number > BigInt(max) ? `must be from ${min} to ${max}` : undefined;
  });
}

interface DecimalRules {
  /** How many digits there may be. */
  precision: number;
  /** How many of them are after the point. */
  scale: number;
  min?: string;
  max?: string;
}

/** An exact number with a fixed count of fraction digits, as text. */
export function decimal({ precision, scale, min, max }: DecimalRules) {
  const most = 10n ** BigInt(precision) - 1n;
  const [least, greatest] = [min === undefined ? -most : unitsOf(min), max === undefined ? most : unitsOf(max)];
  const shape = new RegExp(`^-?(?:0|[1-9]\\d*)${scale > 0 ? `\\.\\d{${scale}}` : ''}$`);
  return refusing(z.string(ofType('must be a decimal number in a string')), (value) => {
    if (!shape.test(value)) {
      return `must be a decimal number with ${scale} fraction digits`;
    }
    const units = unitsOf(value);
    return units < least || units > greatest
      ? `must be from ${formatUnits(least, scale)} to ${formatUnits(greatest, scale)}`
      : undefined;
  }).transform((value) => formatUnits(unitsOf(value), scale)); // -0.00 is 0.00
}

/** Returns a decimal number as a count of its smallest units: "12.50" is 1250. */
export function unitsOf(value: string): bigint {
  return BigInt(value.replace('.', ''));
}

/** Writes a count of smallest units as a decimal number: 1250 is "12.50". */
export function formatUnits(units: bigint, scale: number): string {
  const digits = (units < 0n ? -units : units).toString().padStart(scale + 1, '0');
  const point = digits.length - scale;
  return `${units < 0n ? '-' : ''}${digits.slice(0, point)}${scale > 0 ? `.${digits.slice(point)}` : ''}`;
}

/** A finite number of double precision. */
export function float({ min = -Number.MAX_VALUE, max = Number.MAX_VALUE } = {}) {
  return refusing(z.number(ofType('must be a number')), (value) =>
    value < min || value > max ? `must be from ${min} to ${max}` : undefined,
  );
}

/** True or false. */
export function boolean() {
  return z.boolean(ofType('must be true or false'));
}

/** A day of the calendar in the form YYYY-MM-DD. */
export function date({ min = '0001-01-01', max = '9999-12-31' } = {}) {
  return refusing(z.string(ofType('must be a day in the form YYYY-MM-DD')), (value) => {
    if (!/^\d{4}-\d{2}-\d{2}$/.test(value) || !isReal(value)) {
      return 'must be a day in the form YYYY-MM-DD';
    }
    return value < min || value > max ? `must be from ${min} to ${max}` : undefined;
  });
}

/** Reports whether a day is in the calendar: Date would take February 30 for March 2. */
function isReal(day: string): boolean {
  const moment = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(moment.getTime()) && moment.toISOString().startsWith(day);
}

const moment =
  /^(\d{4}-\d{2}-\d{2})T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.(\d{1,3})\d*)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

/** A moment as RFC 3339 writes it, with a time zone, that is kept in UTC to the millisecond. */
export function datetime({ min = '0001-01-01T00:00:00.000Z', max = '9999-12-31T23:59:59.999Z' } = {}) {
  const expected = 'must be a date and time of RFC 3339 with a time zone';
  return z.string(ofType(expected)).transform((value, context) => {
    const day = moment.exec(value)?.[1];
    const time = day !== undefined && isReal(day) ? new Date(value.replace(/(\.\d{3})\d+/, '$1')) : undefined;
    if (time === undefined || Number.isNaN(time.getTime())) {
      context.addIssue({ code: 'custom', message: expected });
      return z.NEVER;
    }
    if (time < new Date(min) || time > new Date(max)) {
      context.addIssue({ code: 'custom', message: `must be from ${min} to ${max}` });
      return z.NEVER;
    }
    return time.toISOString();
  });
}

/** A UUID, which is kept in lower case. */
export function uuid() {
  return refusing(z.string(ofType('must be a UUID')), (value) =>
    /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value) ? undefined : 'must be a UUID',
  ).transform((value) => value.toLowerCase());
}

/** One of a few texts. */
export function choice<const T extends readonly [string, ...string[]]>(choices: T) {
  return z.enum(choices, ofType(`must be one of ${choices.join(', ')}`));
}

/** Returns a schema that reads a field of numbers from a parameter of a query. */
export function integerParameter(field: z.ZodType): z.ZodType {
  return z
    .string()
    .regex(/^(?:0|-?[1-9]\d*)$/, 'must be a whole number')
    .transform(Number)
    .pipe(field as z.ZodType<unknown, number>);
}

/** Returns a schema that reads a field of truth from a parameter of a query. */
export function booleanParameter(): z.ZodType {
  return z.enum(['true', 'false'], 'must be true or false').transform((value) => value === 'true');
}

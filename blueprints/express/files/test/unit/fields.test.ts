import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import * as field from '../../src/lib/fields.ts';

const text = field.text({ min: 1, max: 3, pattern: '[a-z🚀]*' });
const long = field.text({ max: 3, blank: true });
const decimal = field.decimal({ precision: 4, scale: 2, max: '50.00' });

describe('fields take', () => {
  it.each<[z.ZodType, unknown, unknown]>([
    [text, 'abc', 'abc'],
    [text, '🚀🚀🚀', '🚀🚀🚀'],
    [long, '  ', '  '],
    [field.integer({ min: 0 }), 5, 5],
    [field.bigint(), '9223372036854775807', '9223372036854775807'],
    [decimal, '12.50', '12.50'],
    [decimal, '-0.00', '0.00'],
    [field.decimal({ precision: 3, scale: 0 }), '-12', '-12'],
    [field.float(), 1.5, 1.5],
    [field.boolean(), true, true],
    [field.date(), '2024-02-29', '2024-02-29'],
    [field.datetime(), '2026-01-02T03:04:05+05:30', '2026-01-01T21:34:05.000Z'],
    [field.datetime(), '2026-01-02T03:04:05.6789Z', '2026-01-02T03:04:05.678Z'],
    [field.uuid(), '019B76DA-A800-7000-8000-00000000000A', '019b76da-a800-7000-8000-00000000000a'],
    [field.choice(['a', 'b']), 'a', 'a'],
    [field.integerParameter(field.integer()), '-7', -7],
    [field.booleanParameter(), 'false', false],
  ])('%#: %s', (schema, value, kept) => {
    expect(schema.parse(value)).toBe(kept);
  });
});

describe('fields refuse', () => {
  it.each<[z.ZodType, unknown, string]>([
    [text, undefined, 'is required'],
    [text, 5, 'must be a string'],
    [text, '', 'must have at least 1 characters'],
    [text, 'abcd', 'must have at most 3 characters'],
    [text, ' ', 'must not be blank'],
    [text, 'A', 'must match ^(?:[a-z🚀]*)$'],
    [text, 'a\0', 'must be Unicode text without U+0000'],
    [text, '\ud800', 'must be Unicode text without U+0000'],
    [field.integer({ min: 0 }), -1, 'must be from 0 to 2147483647'],
    [field.integer(), 1.5, 'must be a whole number'],
    [field.integer(), '5', 'must be a whole number'],
    [field.bigint(), '9223372036854775808', 'must be from -9223372036854775808 to 9223372036854775807'],
    [field.bigint(), '01', 'must be a string of digits'],
    [decimal, '1.5', 'must be a decimal number with 2 fraction digits'],
    [decimal, '50.01', 'must be from -99.99 to 50.00'],
    [field.float({ max: 1 }), 2, `must be from ${-Number.MAX_VALUE} to 1`],
    [field.boolean(), 1, 'must be true or false'],
    [field.date(), '2026-02-30', 'must be a day in the form YYYY-MM-DD'],
    [field.date({ min: '2026-01-01' }), '2025-12-31', 'must be from 2026-01-01 to 9999-12-31'],
    [field.datetime(), '2026-01-02T03:04:05', 'must be a date and time of RFC 3339 with a time zone'],
    [field.datetime(), '2026-02-30T03:04:05Z', 'must be a date and time of RFC 3339 with a time zone'],
    [
      field.datetime({ max: '2026-01-01T00:00:00.000Z' }),
      '2026-01-02T03:04:05Z',
      'must be from 0001-01-01T00:00:00.000Z to 2026-01-01T00:00:00.000Z',
    ],
    [field.uuid(), 'abc', 'must be a UUID'],
    [field.choice(['a', 'b']), 'c', 'must be one of a, b'],
    [field.integerParameter(field.integer()), '1.0', 'must be a whole number'],
  ])('%#: %s', (schema, value, message) => {
    expect(schema.safeParse(value).error?.issues.map((issue) => issue.message)).toEqual([message]);
  });
});

import { describe, expect, it } from 'vitest';
import { createLogger, errorFacts } from '../../src/lib/logger.ts';

/** Returns what a logger writes. */
function written(text: boolean, write: (logger: ReturnType<typeof createLogger>) => void): string {
  let all = '';
  const out = {
    write: (line: string) => {
      all += line;
    },
  };
  write(createLogger('info', { text, out }));
  return all;
}

describe('the log', () => {
  it('has one JSON object a line', () => {
    const line = written(false, (logger) => {
      logger.debug('not written');
      logger.warn({ size: 1 }, 'two\nlines');
    });
    expect(line.indexOf('\n')).toBe(line.length - 1);
    const { time, ...rest } = JSON.parse(line) as Record<string, unknown>;
    expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(rest).toEqual({ level: 'warn', size: 1, msg: 'two\nlines' });
  });

  it('is text for people', () => {
    const failure = new Error('broken');
    const lines = written(true, (logger) => {
      logger.info({ size: 1, name: 'a' }, 'hello');
      logger.error(errorFacts(failure), 'it failed');
    });
    expect(lines).toContain(' INFO hello size=1 name=a\n');
    expect(lines).toContain(` ERROR it failed error=broken\n${failure.stack}\n`);
  });

  it('says what else was thrown', () => {
    expect(errorFacts('text')).toEqual({ error: 'text' });
  });
});

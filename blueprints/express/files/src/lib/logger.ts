import { type DestinationStream, type Logger, pino } from 'pino';

export type { Logger };

/**
 * Returns a logger that writes one JSON object a line; with text it writes lines for people, for a developer who reads
 * them on a terminal. Nobody waits for a line to be written; what is left is written when the process exits.
 */
export function createLogger(level: string, options: { text?: boolean; out?: DestinationStream } = {}): Logger {
  const out = options.out ?? pino.destination({ fd: 1, sync: false });
  return pino(
    {
      level,
      base: undefined,
      messageKey: 'msg',
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    options.text ? { write: (line) => out.write(forPeople(line)) } : out,
  );
}

function forPeople(line: string): string {
  const { time, level, msg, stack, ...rest } = JSON.parse(line) as Record<string, unknown>;
  const facts = Object.entries(rest).map(
    ([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  const head = [String(time), String(level).toUpperCase(), String(msg), ...facts].join(' ');
  return typeof stack === 'string' ? `${head}\n${stack}\n` : `${head}\n`;
}

/** Returns what a log says of an error: its message and its stack. */
export function errorFacts(error: unknown): { error: string; stack?: string } {
  return error instanceof Error
    ? { error: error.message, ...(error.stack && { stack: error.stack }) }
    : { error: String(error) };
}

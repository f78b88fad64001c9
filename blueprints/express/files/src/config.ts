import { readFileSync } from 'node:fs';
import { BlockList, isIP } from 'node:net';
import { z } from 'zod';
import { databaseUrl } from './db/url.ts';

const day = 24 * 60 * 60 * 1000;

function integer(fallback: number, least: number, most: number) {
  return z
    .string()
    .default(String(fallback))
    .refine(
      (text) => /^\d{1,10}$/.test(text) && Number(text) >= least && Number(text) <= most,
      `must be a whole number from ${least} to ${most}`,
    )
    .transform(Number);
}

function choice<const T extends readonly [string, ...string[]]>(choices: T, fallback: T[number]) {
  return z.enum(choices, `must be one of ${choices.join(', ')}`).default(fallback as never);
}

const list = z
  .string()
  .default('')
  .transform((text) =>
    text
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== ''),
  );

function isOrigin(text: string): boolean {
  return !text.includes('*') && URL.parse(text)?.origin === text;
}

/** Adds an address or a network like 10.0.0.0/8 to a list. Returns false for anything else. */
function addNetwork(networks: BlockList, text: string): boolean {
  const [address = '', prefix] = text.split('/');
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
  const bits = prefix === undefined ? (family === 'ipv6' ? 128 : 32) : Number(prefix);
  if (
    isIP(address) === 0 ||
    prefix === '' ||
    !Number.isInteger(bits) ||
    bits < 0 ||
    bits > (family === 'ipv6' ? 128 : 32)
  ) {
    return false;
  }
  networks.addSubnet(address, bits, family);
  return true;
}

const networks = list.transform((items, context) => {
  const all = new BlockList();
  if (!items.every((item) => addNetwork(all, item))) {
    context.addIssue({ code: 'custom', message: 'must list addresses or networks like 10.0.0.0/8' });
  }
  return all;
});

const variables = z.object({
  APP_ENV: choice(['development', 'test', 'production'], 'production'),
  HOST: z.string().default('0.0.0.0'),
  PORT: integer(8080, 1, 65535),
  METRICS_PORT: integer(9464, 0, 65535),
  DATABASE_URL: databaseUrl,
  DB_POOL_MAX: integer(10, 1, 10_000),
  DB_TIMEOUT_MS: integer(5000, 1, day),
  LOG_LEVEL: choice(['debug', 'info', 'warn', 'error'], 'info'),
  MAX_BODY_BYTES: integer(1_048_576, 1, 2 ** 30),
  SHUTDOWN_TIMEOUT_MS: integer(20_000, 1, day),
  REQUEST_TIMEOUT_MS: integer(30_000, 1, day),
  HEADER_TIMEOUT_MS: integer(10_000, 1, day),
  IDLE_TIMEOUT_MS: integer(60_000, 1, day),
  CORS_ALLOWED_ORIGINS: list.refine((items) => items.every(isOrigin), 'must list origins like https://app.example'),
  TRUSTED_PROXIES: networks,
  RATE_LIMIT_RPM: integer(0, 0, 1_000_000),
  DOCS_ENABLED: z.enum(['true', 'false'], 'must be one of true, false').optional(),
  OTEL_SDK_DISABLED: choice(['true', 'false'], 'false'),
  OTEL_EXPORTER_OTLP_ENDPOINT: z.string().default(''),
  OTEL_EXPORTER_OTLP_PROTOCOL: choice(['http/protobuf'], 'http/protobuf'),
});

/** The checked configuration; times are in milliseconds. */
export type Config = ReturnType<typeof loadConfig>;

/** Everything that is wrong with the environment. A message names variables and never tells their values. */
export class ConfigError extends Error {
  readonly problems: string[];

  constructor(problems: string[]) {
    super(problems.join('; '));
    this.problems = problems;
  }
}

/**
 * Reads the whole configuration from the environment. A variable that is empty counts as one that is not set. Throws a
 * ConfigError with all mistakes.
 */
export function loadConfig(environment: NodeJS.ProcessEnv) {
  const problems: string[] = [];
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  takeSecret(given, problems);
  const read = variables.safeParse(given);
  for (const issue of read.error?.issues ?? []) {
    if (!problems.some((problem) => problem.startsWith(String(issue.path[0])))) {
      problems.push(`${String(issue.path[0])} ${issue.message}`);
    }
  }
  if (read.data && read.data.PORT === read.data.METRICS_PORT) {
    problems.push('METRICS_PORT must differ from PORT');
  }
  if (!read.data || problems.length > 0) {
    throw new ConfigError(problems);
  }
  return configOf(read.data);
}

/** Puts the content of the file that DATABASE_URL_FILE names, as a mounted secret, in the place of DATABASE_URL. */
function takeSecret(given: NodeJS.ProcessEnv, problems: string[]): void {
  const file = given.DATABASE_URL_FILE;
  if (file === undefined) {
    return;
  }
  if (given.DATABASE_URL !== undefined) {
    problems.push('DATABASE_URL_FILE must not be set together with DATABASE_URL');
    return;
  }
  try {
    given.DATABASE_URL = readFileSync(file, 'utf8').trim();
  } catch {
    problems.push('DATABASE_URL_FILE must name a file that can be read');
  }
}

function configOf(read: z.output<typeof variables>) {
  return {
    environment: read.APP_ENV,
    host: read.HOST,
    port: read.PORT,
    metricsPort: read.METRICS_PORT,
    database: {
      url: read.DATABASE_URL,
      poolMax: read.DB_POOL_MAX,
      timeout: read.DB_TIMEOUT_MS,
    },
    logLevel: read.LOG_LEVEL,
    maxBodyBytes: read.MAX_BODY_BYTES,
    shutdownTimeout: read.SHUTDOWN_TIMEOUT_MS,
    requestTimeout: read.REQUEST_TIMEOUT_MS,
    headerTimeout: read.HEADER_TIMEOUT_MS,
    idleTimeout: read.IDLE_TIMEOUT_MS,
    corsAllowedOrigins: read.CORS_ALLOWED_ORIGINS,
    trustedProxies: read.TRUSTED_PROXIES,
    rateLimit: read.RATE_LIMIT_RPM,
    docsEnabled: read.DOCS_ENABLED ? read.DOCS_ENABLED === 'true' : read.APP_ENV !== 'production',
    tracesEnabled: read.OTEL_EXPORTER_OTLP_ENDPOINT !== '' && read.OTEL_SDK_DISABLED !== 'true',
  };
}

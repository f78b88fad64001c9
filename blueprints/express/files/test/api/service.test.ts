import { type Logger, pino } from 'pino';
import { afterAll, describe, expect, it } from 'vitest';
import { createDatabase, hasDatabase } from './database.ts';
import { Service } from './service.ts';

type LogRecord = Record<string, unknown>;

/** Returns a logger that keeps its records. */
function recorder(): { logger: Logger; records: LogRecord[] } {
  const records: LogRecord[] = [];
  return {
    records,
    logger: pino({ level: 'debug' }, { write: (line) => records.push(JSON.parse(line) as LogRecord) }),
  };
}

describe('the service', () => {
  const { logger, records } = recorder();
  const settings = {
    CORS_ALLOWED_ORIGINS: 'https://app.test',
    TRUSTED_PROXIES: '127.0.0.0/8,::1',
    DOCS_ENABLED: 'true',
  };
  const service = new Service(undefined, { logger, settings });
  afterAll(() => service.close());

  it('lives without its database, and is not ready', async () => {
    expect((await service.ask('get', '/livez')).body).toEqual({ status: 'ok' });
    expect((await service.ask('get', '/readyz')).status).toBe(503);
    expect((await service.ask('head', '/livez')).status).toBe(200);
  });

  it('answers problems for unknown paths and methods', async () => {
    const missing = await service.ask('get', '/nope');
    expect(missing.status).toBe(404);
    expect(missing.type).toBe('application/problem+json');
    const wrong = await service.ask('put', '/livez');
    expect(wrong.status).toBe(405);
    expect(wrong.headers.allow).toBe('GET, HEAD, OPTIONS');
    expect((await service.ask('options', '/livez')).status).toBe(204);
    expect((await service.ask('get', '/livez/')).status).toBe(404);
  });

  it('describes itself', async () => {
    expect((await service.ask('get', '/openapi.json')).body).toMatchObject({ openapi: '3.1.0' });
  });

  it('sends the headers that protect browsers', async () => {
    const { headers } = await service.ask('get', '/livez', undefined, { 'X-Forwarded-Proto': 'https' });
    expect(headers['cache-control']).toBe('no-store');
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['strict-transport-security']).toContain('max-age');
    expect(headers['x-powered-by']).toBeUndefined();
  });

  it('lets in the origins that are named', async () => {
    const preflight = { Origin: 'https://app.test', 'Access-Control-Request-Method': 'GET' };
    expect(
      (await service.ask('options', '/livez', undefined, preflight)).headers['access-control-allow-methods'],
    ).toContain('GET');
    const simple = await service.ask('get', '/livez', undefined, { Origin: 'https://app.test' });
    expect(simple.headers['access-control-allow-origin']).toBe('https://app.test');
    const other = await service.ask('get', '/livez', undefined, { Origin: 'https://app.test.evil.test' });
    expect(other.headers['access-control-allow-origin']).toBeUndefined();
  });

  it('logs and counts requests', async () => {
    const headers = {
      'X-Request-Id': 'abc-123',
      'X-Forwarded-For': '9.9.9.9',
      Traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
    };
    const response = await service.ask('get', '/counted?token=secret', undefined, headers);
    expect(response.headers['x-request-id']).toBe('abc-123');
    expect(records.find((record) => record.path === '/counted')).toMatchObject({
      level: 30,
      method: 'GET',
      status: 404,
      remote_ip: '9.9.9.9',
      request_id: 'abc-123',
      trace_id: '4bf92f3577b34da6a3ce929d0e0e4736',
    });
    expect(JSON.stringify(records)).not.toContain('secret');
    const text = await service.metrics.registry.metrics();
    expect(text).toContain(
      'http_server_request_duration_seconds_count{http_request_method="GET",http_response_status_code="404"',
    );
    expect(text).toContain('db_client_connection_max');
  });

  it('replaces request ids that do not belong in a log', async () => {
    const { headers } = await service.ask('get', '/livez', undefined, { 'X-Request-Id': 'a b' });
    expect(headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('limits clients, but no probes', async () => {
    const limited = new Service(undefined, { settings: { RATE_LIMIT_RPM: '1' } });
    expect((await limited.ask('get', '/nope')).status).toBe(404);
    const refused = await limited.ask('get', '/nope');
    expect(refused.status).toBe(429);
    expect(refused.headers['retry-after']).toBe('60');
    expect((await limited.ask('get', '/livez')).status).toBe(200);
    await limited.close();
  });

  it('begins and ends a span of each request', async () => {
    const ended: [string, number][] = [];
    const tracing = {
      begin: () => ({
        traceId: 'f'.repeat(32),
        end: (route: string, status: number) => void ended.push([route, status]),
      }),
      stop: () => Promise.resolve(),
    };
    const traced = new Service(undefined, { tracing });
    await traced.ask('get', '/livez');
    expect(ended).toEqual([['/livez', 200]]);
    await traced.close();
  });
});

describe.skipIf(!hasDatabase)('the service with a database', () => {
  it('is ready', async () => {
    const { url, remove } = await createDatabase();
    const service = new Service(url);
    expect((await service.ask('get', '/readyz')).body).toEqual({ status: 'ok', checks: { database: 'ok' } });
    await service.close();
    await remove();
  });
});

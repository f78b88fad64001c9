import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { PoolState } from '../db/types.ts';
import type { Version } from './version.ts';

const known = new Set(['CONNECT', 'DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT', 'TRACE']);

/** What the service measures, in the names that OpenTelemetry gives to HTTP metrics, for Prometheus to collect. */
export class Metrics {
  readonly registry = new Registry();
  readonly #requests = new Histogram({
    name: 'http_server_request_duration_seconds',
    help: 'How long requests took.',
    labelNames: ['http_request_method', 'http_response_status_code', 'http_route'] as const,
    buckets: [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
    registers: [this.registry],
  });

  constructor(version: Version) {
    collectDefaultMetrics({ register: this.registry });
    new Gauge({
      name: 'build_info',
      help: 'The version of the program; the value is always 1.',
      labelNames: ['version', 'commit'],
      registers: [this.registry],
    }).set({ ...version }, 1);
  }

  /** Adds the state of the connection pool. */
  watchPool(state: () => PoolState): void {
    new Gauge({
      name: 'db_client_connection_count',
      help: 'Connections to the database, by what they do.',
      labelNames: ['state'],
      registers: [this.registry],
      collect() {
        const { used, idle } = state();
        this.set({ state: 'used' }, used);
        this.set({ state: 'idle' }, idle);
      },
    });
    new Gauge({
      name: 'db_client_connection_max',
      help: 'The most connections to the database.',
      registers: [this.registry],
      collect() {
        this.set(state().max);
      },
    });
  }

  /** Counts one request. The route is the pattern that matched, or empty: never what a client can choose freely. */
  observe(method: string, status: number, route: string, seconds: number): void {
    this.#requests.observe(
      {
        http_request_method: known.has(method) ? method : '_OTHER',
        http_response_status_code: String(status),
        http_route: route,
      },
      seconds,
    );
  }
}

import type { Config } from '../config.ts';
import type { Database } from '../db/types.ts';
import type { Logger } from './logger.ts';
import type { Metrics } from './metrics.ts';
import type { Tracing } from './tracing.ts';

/** What the service is made of. */
export interface Dependencies {
  config: Config;
  database: Database;
  logger: Logger;
  metrics: Metrics;
  tracing?: Tracing | undefined;
}

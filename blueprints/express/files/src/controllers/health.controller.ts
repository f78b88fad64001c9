import type { Response } from 'express';
import { checkReady } from '../db/migrate.ts';
import type { Database } from '../db/types.ts';
import { Problem } from '../lib/problem.ts';
import type { Handler } from '../lib/routing.ts';
import { sendJson } from '../lib/send-json.ts';

/** How long a probe waits for the database, in milliseconds: less than orchestrators wait for the probe. */
const patience = 2000;

/** Answers the probes. */
export function healthController(database: Database): { live: Handler; ready: Handler } {
  return {
    live(_req, res) {
      sendJson(res, 200, { status: 'ok' });
    },

    async ready(_req, res: Response) {
      const limit = new Promise<never>((_resolve, reject) => {
        setTimeout(() => reject(new Error('the database does not answer in time')), patience).unref();
      });
      try {
        await Promise.race([checkReady(database), limit]);
      } catch {
        res.set('Retry-After', '1');
        throw new Problem(503, 'The database cannot be used.');
      }
      sendJson(res, 200, { status: 'ok', checks: { database: 'ok' } });
    },
  };
}

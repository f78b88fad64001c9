import type { Router } from 'express';
import { healthController } from '../controllers/health.controller.ts';
import type { Dependencies } from '../lib/dependencies.ts';
import { route } from '../lib/routing.ts';

/** Registers the probes. */
export function healthRoutes(router: Router, { database }: Dependencies): void {
  const health = healthController(database);
  route(router, '/livez', { get: health.live });
  route(router, '/readyz', { get: health.ready });
}

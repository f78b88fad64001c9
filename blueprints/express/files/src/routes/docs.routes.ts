import type { Router } from 'express';
import type { Dependencies } from '../lib/dependencies.ts';
import { readDescription } from '../lib/openapi.ts';
import { route } from '../lib/routing.ts';
import { sendJson } from '../lib/send-json.ts';

/** Registers the description of the API, where it is to be served. */
export function docsRoutes(router: Router, { config }: Dependencies): void {
  if (config.docsEnabled) {
    const description = readDescription();
    route(router, '/openapi.json', { get: (_req, res) => sendJson(res, 200, description) });
  }
}

import express, { type Express } from 'express';
import type { Dependencies } from './lib/dependencies.ts';
import { accessLog } from './middleware/access-log.ts';
import { cors } from './middleware/cors.ts';
import { errors, notFound } from './middleware/errors.ts';
import { headers } from './middleware/headers.ts';
import { identify } from './middleware/identify.ts';
import { rateLimit } from './middleware/rate-limit.ts';
import { registerRoutes } from './routes/routes.ts';

/** Puts the application together: what happens around every request, and the routes. */
export function buildApp(dependencies: Dependencies): Express {
  const { config, logger, metrics, tracing } = dependencies;
  const app = express();
  app.disable('x-powered-by').disable('etag').set('query parser', false);
  app.use(identify({ logger, trustedProxies: config.trustedProxies, tracing }));
  app.use(accessLog(metrics));
  app.use(headers);
  app.use(cors(config.corsAllowedOrigins));
  app.use(rateLimit(config.rateLimit));

  // A path with a slash at its end, or with other letters, is another path.
  const router = express.Router({ strict: true, caseSensitive: true });
  registerRoutes(router, dependencies);

  app.use(router);
  app.use(notFound);
  app.use(errors);
  return app;
}

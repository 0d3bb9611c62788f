import express, { type NextFunction, type Request, type Response } from 'express';
import { z } from 'zod';
import { BlosmError } from '../../../chaincode/src/model';
import type { ControlService } from '../../ports/control';
import type { MetricsPage } from '../../ports/metrics';
import { toProblem } from './problem';
import { writeLines } from './lines';
import { ROUTES, type Route } from './routes';
import type { ControlServerOptions, RequestHandler } from './server';

const BODY_LIMIT = '2mb';

/** Where `tcp-server` leaves why a request is refused. */
const REFUSAL = Symbol('refusal');

/** The control API as an express application, without a socket. */
export function createApplication({
  service,
  log,
  metrics,
}: Pick<ControlServerOptions, 'service' | 'log' | 'metrics'>): RequestHandler {
  const application = express();
  application.disable('x-powered-by').disable('etag').set('query parser', 'simple');
  application.use((request, _response, next) => {
    next((request as { [REFUSAL]?: BlosmError })[REFUSAL]);
  });
  application.use(express.json({ limit: BODY_LIMIT, strict: true }));
  application.get('/openapi.json', async (_request, response) => {
    // Rarely asked for, and what makes it is large.
    const { openApiDocument } = await import('./openapi.js');
    response.json(openApiDocument());
  });
  if (metrics !== undefined) application.get('/metrics', async (_request, response) => serveMetrics(metrics, response));
  for (const route of ROUTES)
    application[route.method](route.path, (request, response) => serve(route, service, request, response));
  application.use((request) => {
    throw new BlosmError('BLOSM_E_NOT_FOUND', `there is no ${request.method} ${request.path} in this API`, {
      stage: 'request',
      hint: 'See the routes in agent/docs/reference/control-api.md.',
    });
  });
  application.use((error: unknown, request: Request, response: Response, next: NextFunction) => {
    const problem = toProblem(error);
    if (problem.status >= 500)
      log.warn({ error, method: request.method, path: request.path }, 'a control request failed');
    if (response.headersSent) {
      next(error);
      return;
    }
    response.status(problem.status).type('application/problem+json').send(JSON.stringify(problem));
  });
  return (request, response, refusal) => {
    application(refusal === undefined ? request : Object.assign(request, { [REFUSAL]: refusal }), response);
  };
}

async function serveMetrics(metrics: MetricsPage, response: Response): Promise<void> {
  const text = await metrics.text();
  response.status(200).setHeader('content-type', metrics.contentType).end(text);
}

async function serve(route: Route, service: ControlService, request: Request, response: Response): Promise<void> {
  // Whoever asked and went away need not be waited for.
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const { id, kind } = request.params;
  const asked = {
    id: typeof id === 'string' ? id : '',
    kind: typeof kind === 'string' ? kind : '',
    query: { ...request.query },
    body: request.body as unknown,
    options: { signal: gone.signal },
  };
  await asArgumentError(() => {
    checkInput(route, asked);
    return Promise.resolve();
  });
  if ('lines' in route) {
    const lines = await asArgumentError(() => Promise.resolve(route.lines(service, asked)));
    await writeLines(response, lines, route.answer, gone.signal);
    return;
  }
  const answer = await asArgumentError(() => route.handle(service, asked));
  response.status(answer.status).json(route.answer.parse(answer.body));
}

/** What is declared is what is taken. @throws ZodError */
function checkInput({ query, body }: Route, asked: { readonly query: unknown; readonly body: unknown }): void {
  query?.parse(asked.query);
  body?.parse(asked.body);
}

/** What zod says about a request is the caller's fault; about an answer it would be ours. */
async function asArgumentError<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error;
    const faults = error.issues.map((issue) => `${issue.path.join('.') || 'the value'}: ${issue.message}`);
    throw new BlosmError('BLOSM_E_INVALID_ARGUMENT', faults.join('; '), { stage: 'request', cause: error });
  }
}

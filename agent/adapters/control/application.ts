import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import { z } from 'zod';
import { BlosmError } from '../../../chaincode/src/model';
import type { ControlService } from '../../ports/control';
import type { Log } from '../../ports/log';
import { toProblem } from './problem';
import { writeLines } from './lines';
import { ROUTES, type Route } from './routes';

const BODY_LIMIT = '2mb';

/** The control API as an express application, without a socket. */
export function createApplication(service: ControlService, log: Log): Express {
  const application = express();
  application.disable('x-powered-by').disable('etag').set('query parser', 'simple');
  application.use(express.json({ limit: BODY_LIMIT, strict: true }));
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
  return application;
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
  if ('lines' in route) {
    const lines = await asArgumentError(() => Promise.resolve(route.lines(service, asked)));
    await writeLines(response, lines, route.answer, gone.signal);
    return;
  }
  const answer = await asArgumentError(() => route.handle(service, asked));
  response.status(answer.status).json(route.answer.parse(answer.body));
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

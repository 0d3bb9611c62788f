import { z } from 'zod';
import { ROUTES, type Route } from '../adapters/control';
import { code, generatedFrom, markdownTable } from './markdown';

/** Every route of the control API. */
export function controlApiPage(): string {
  return [
    generatedFrom('agent/adapters/control/routes'),
    '# Control API\n',
    'HTTP with JSON on the unix socket `control.socket` (file rights 0660: who may open it may command the agent), and on',
    '`control.listen` with mutual TLS: a client needs a certificate of the authority `control.clientCa` that `control.allow`',
    "names (by default an admin of the organisation's NodeOUs); everybody else gets 403 before any route sees the request.",
    'Lists answer `{"items": [...]}`; errors are problem documents, see [errors](errors.md). [openapi.json](openapi.json)',
    '(OpenAPI 3.1, also at `GET /openapi.json`) has the shapes of bodies and answers. `GET /metrics`: [figures](metrics.md).\n',
    '```sh',
    'curl --unix-socket /run/blosm/agent.sock http://localhost/v1/status',
    'curl --cert admin.pem --key admin-key.pem --cacert org-ca.pem https://edge1.example:7443/v1/status',
    '```\n',
    markdownTable(
      ['Route', 'Takes', 'What it does'],
      ROUTES.map((route) => [code(`${route.method.toUpperCase()} ${route.path}`), inputOf(route), route.summary]),
    ),
  ].join('\n');
}

function inputOf({ query, body }: Route): string {
  const parameters = query === undefined ? [] : Object.keys(query.shape).map((name) => code(`?${name}=`));
  const keys = body === undefined ? [] : [`body: ${keysOf(body).map(code).join(', ')}`];
  return [...parameters, ...keys].join(' ');
}

function keysOf(body: z.ZodType): string[] {
  return body instanceof z.ZodObject ? Object.keys(body.shape) : [];
}

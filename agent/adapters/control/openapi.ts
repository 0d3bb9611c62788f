import { OpenAPIRegistry, OpenApiGeneratorV31, type RouteConfig } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import { Id } from '../../../chaincode/src/model';
import { ProblemView } from '../../ports/control';
import { LINES_TYPE } from './lines';
import { ROUTES, type Route } from './routes';

const JSON_TYPE = 'application/json';
const PROBLEM = { $ref: '#/components/schemas/Problem' } as const;

/** The control API as an OpenAPI 3.1 document, made of the schemas that check its requests and answers. */
export function openApiDocument(): object {
  const registry = new OpenAPIRegistry();
  const { properties, required } = z.toJSONSchema(ProblemView);
  const problem = { type: 'object', description: 'An error (RFC 9457).', properties, required } as const;
  registry.registerComponent('schemas', 'Problem', problem as object);
  for (const route of ROUTES) registry.registerPath(operationOf(route));
  registry.registerPath(textOperation('/metrics', 'Figures for Prometheus.', 'text/plain'));
  registry.registerPath(textOperation('/openapi.json', 'This document.', JSON_TYPE));
  return new OpenApiGeneratorV31(registry.definitions).generateDocument({
    openapi: '3.1.0',
    info: {
      title: 'BloSM control API',
      version: '1.0.0',
      description:
        "Commands an agent. On the unix socket control.socket, and on control.listen with mutual TLS. Ids, hashes and times are the ledger's.",
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: 'http://localhost', description: 'By the unix socket the host name is of no account.' }],
  });
}

function operationOf(route: Route): RouteConfig {
  const { method, path, summary, answer, body, query, statuses = { 200: 'As asked.' } } = route;
  const type = 'lines' in route ? LINES_TYPE : JSON_TYPE;
  const params = paramsOf(route);
  return {
    method,
    path: path.replaceAll(/:(\w+)/g, '{$1}'),
    operationId: operationId(method, path),
    summary,
    request: {
      ...(params === undefined ? {} : { params }),
      ...(query === undefined ? {} : { query }),
      ...(body === undefined ? {} : { body: { required: true, content: { [JSON_TYPE]: { schema: body } } } }),
    },
    responses: {
      ...Object.fromEntries(
        Object.entries(statuses).map(([status, description]) => [
          status,
          { description, content: { [type]: { schema: answer } } },
        ]),
      ),
      default: {
        description: 'What went wrong, with a code.',
        content: { 'application/problem+json': { schema: PROBLEM } },
      },
    },
  };
}

function paramsOf({ path, params = {} }: Route): z.ZodObject | undefined {
  const names = [...path.matchAll(/:(\w+)/g)].map(([, name = '']) => name);
  if (names.length === 0) return undefined;
  // A schema that turns texts into numbers takes anything, also nothing; a path without its parameter is another path.
  const needed = { param: { required: true } };
  return z.object(Object.fromEntries(names.map((name) => [name, (params[name] ?? Id).meta(needed)])));
}

/** E.g. `getMigrationsIdTimeline`. */
function operationId(method: string, path: string): string {
  const words = path.replace('/v1/', '/').split(/[^A-Za-z0-9]+/);
  return method + words.map((word) => word.slice(0, 1).toUpperCase() + word.slice(1)).join('');
}

function textOperation(path: string, summary: string, type: string): RouteConfig {
  return {
    method: 'get',
    path,
    operationId: operationId('get', path),
    summary,
    responses: { 200: { description: summary, content: { [type]: { schema: z.unknown() } } } },
  };
}

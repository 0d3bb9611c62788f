import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { openApiDocument, ROUTES } from '../../../../agent/adapters/control';

const root = resolve(__dirname, '../../../..');

interface Operation {
  operationId: string;
  parameters?: { name: string; in: string; schema: object }[];
  requestBody?: { content: Record<string, { schema: { properties: object; required?: string[] } }> };
  responses: Record<string, { content: Record<string, { schema: object }> }>;
}
const { paths } = openApiDocument() as { paths: Record<string, Record<string, Operation>> };
function operationAt(path: string, method: string): Operation {
  const operation = paths[path]?.[method];
  if (operation === undefined) throw new Error(`no ${method} ${path}`);
  return operation;
}
const operations = Object.values(paths).flatMap((path) => Object.values(path));

test('the committed document is valid OpenAPI 3.1, says a validator that is not ours', async () => {
  const program = resolve(root, 'node_modules/@seriousme/openapi-schema-validator/bin/validate-api-cli.js');
  const { stdout } = await promisify(execFile)(process.execPath, [
    program,
    resolve(root, 'agent/docs/reference/openapi.json'),
  ]);
  expect(JSON.parse(stdout.slice(stdout.indexOf('{')))).toMatchObject({ valid: true });
}, 60_000);

test('every route is in it with its parameters, and no operation has the name of another', () => {
  for (const route of ROUTES) {
    const operation = operationAt(route.path.replaceAll(/:(\w+)/g, '{$1}'), route.method);
    const inPath = [...route.path.matchAll(/:(\w+)/g)].map(([, name]) => name);
    const inQuery = Object.keys(route.query?.shape ?? {});
    expect((operation.parameters ?? []).map(({ name }) => name)).toEqual([...inPath, ...inQuery]);
    expect(operation.requestBody === undefined).toBe(route.body === undefined);
    expect(Object.keys(operation.responses)).toEqual([...Object.keys(route.statuses ?? { 200: '' }), 'default']);
  }
  const ids = operations.map(({ operationId }) => operationId);
  expect(new Set(ids).size).toBe(ids.length);
  expect(Object.keys(paths)).toEqual(expect.arrayContaining(['/metrics', '/openapi.json']));
});

test('shapes are those of the schemas', () => {
  const body = operationAt('/v1/migrations', 'post').requestBody?.content['application/json']?.schema;
  expect(body).toMatchObject({ required: ['instanceId'], additionalProperties: false });
  const answer = operationAt('/v1/status', 'get').responses['200']?.content['application/json']?.schema;
  expect(answer).toMatchObject({
    properties: { nodeId: { type: 'string' }, ledgerHeight: { type: ['integer', 'null'] } },
  });
  const lines = operationAt('/v1/logs', 'get').responses['200']?.content;
  expect(Object.keys(lines ?? {})).toEqual(['application/x-ndjson']);
});

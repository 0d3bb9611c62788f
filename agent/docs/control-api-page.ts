import { ROUTES } from '../adapters/control';
import { code, generatedFrom, markdownTable } from './markdown';

/** Every route of the control API. */
export function controlApiPage(): string {
  return [
    generatedFrom('agent/adapters/control/routes'),
    '# Control API\n',
    'HTTP with JSON on the unix socket `control.socket` (file rights 0660: who may open it may command the agent).',
    'Lists take `?limit=1..1000` and answer `{"items": [...]}`; errors are problem documents, see [errors](errors.md).',
    'The shapes of bodies and answers are the zod schemas in `agent/ports/control/`.\n',
    '```sh',
    'curl --unix-socket /run/blosm/agent.sock http://localhost/v1/status',
    '```\n',
    markdownTable(
      ['Route', 'What it does'],
      ROUTES.map(({ method, path, summary }) => [code(`${method.toUpperCase()} ${path}`), summary]),
    ),
  ].join('\n');
}

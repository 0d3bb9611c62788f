import { variableName } from '../../../agent/config/environment';
import { listKeys } from '../../../agent/config/key-tree';
import { AgentConfig } from '../../../agent/config/schema';
import { EXIT_CODE_OF } from '../../../agent/cli/exit-codes';
import { buildProgram, type Call } from '../../../agent/cli/program';
import { AGENT_NODE_FLAGS } from '../../../network/sandbox/agents';
import { readUnit } from '../../support/systemd-unit';

const unit = readUnit();
const the = (key: string): string => unit.get(`Service.${key}`)?.at(-1) ?? 'not set';

test('it starts the agent by a command line that there is', async () => {
  const [program, ...words] = the('ExecStart').split(' ');
  expect(program).toMatch(/^\/.*\/blosm$/);
  const calls: Call[] = [];
  const silent = () => undefined;
  const parser = buildProgram({
    writeOut: silent,
    writeError: silent,
    call: (call) => Promise.resolve(void calls.push(call)),
  });
  await parser.parseAsync(words, { from: 'user' });
  expect(calls).toMatchObject([{ globals: { config: '/etc/blosm/blosm.yaml' } }]);
});

test('it is started again after a crash, not with a configuration that stays wrong', () => {
  expect(the('Restart')).toBe('on-failure');
  const prevented = the('RestartPreventExitStatus').split(' ').map(Number);
  expect(prevented.sort()).toEqual([EXIT_CODE_OF.BLOSM_E_INVALID_ARGUMENT, EXIT_CODE_OF.BLOSM_E_CONFIG_INVALID]);
  for (const code of ['BLOSM_E_INTERNAL', 'BLOSM_E_JOURNAL', 'BLOSM_E_AGENT_RUNNING'] as const) {
    expect(prevented).not.toContain(EXIT_CODE_OF[code]);
  }
});

test('its folders are those of the configuration', () => {
  const config = listKeys(AgentConfig);
  const standard = (path: string) => config.find((key) => key.path.join('.') === path)?.defaultJson;
  expect(standard('state.directory')).toBe(JSON.stringify(`/var/lib/${the('StateDirectory')}`));
  expect(standard('control.socket')).toBe(JSON.stringify(`/run/${the('RuntimeDirectory')}/agent.sock`));
  expect(the('ExecStart')).toContain(`/etc/${the('ConfigurationDirectory')}/`);
});

test('what it sets in the environment are keys of the configuration', () => {
  const variables = listKeys(AgentConfig).map(({ path }) => variableName(path));
  const environment = unit.get('Service.Environment') ?? [];
  const ofNode = `"NODE_OPTIONS=${AGENT_NODE_FLAGS.join(' ')}"`;
  expect(environment).toContain(ofNode);
  const set = environment.filter((line) => line !== ofNode).map((line) => line.split('=')[0]);
  expect(set).toEqual(['BLOSM_LEDGER_PRIVATE_KEY']);
  for (const variable of set) expect(variables).toContain(variable);
  expect(the('LoadCredential')).toMatch(/^agent-key:\//);
});

test.each([
  ['Type', 'exec'],
  ['User', 'blosm'],
  ['SupplementaryGroups', 'docker'],
  ['NoNewPrivileges', 'yes'],
  ['CapabilityBoundingSet', ''],
  ['AmbientCapabilities', ''],
  ['ProtectSystem', 'strict'],
  ['ProtectHome', 'yes'],
  ['PrivateTmp', 'yes'],
  ['PrivateDevices', 'yes'],
  ['RestrictAddressFamilies', 'AF_UNIX AF_INET AF_INET6 AF_NETLINK'],
  ['RestrictNamespaces', 'yes'],
  ['SystemCallArchitectures', 'native'],
  ['StandardOutput', 'journal'],
  ['StandardError', 'journal'],
])('%s is %j', (key, value) => {
  expect(the(key)).toBe(value);
});

test('it filters system calls, and leaves V8 its compiler', () => {
  expect(unit.get('Service.SystemCallFilter')).toEqual(['@system-service', '~@privileged @resources']);
  expect(the('MemoryDenyWriteExecute')).toBe('not set');
});

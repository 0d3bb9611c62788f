import { readFileSync } from 'node:fs';
import { BlosmError } from '../../../chaincode/src/model';
import { runCommand, tryCommand } from '../../processes';
import { BRIDGE, GATEWAY, SUBNET_BITS } from '../plan';
import type { Inventory } from '../state/inventory';
import { interfaceExists, runBatch } from './interfaces';

/** Fixed: a bridge without one takes the lowest of its ports' and changes as hosts come, which strands ARP caches. */
const BRIDGE_MAC = '02:b1:05:00:00:01';

const FORWARD_RULE = ['FORWARD', '-i', BRIDGE, '-o', BRIDGE, '-j', 'ACCEPT'] as const;

/**
 * Makes the bridge, unless this sandbox has it already.
 * @throws BlosmError BLOSM_E_CONFLICT when something else has the bridge's name or its addresses
 */
export async function ensureBridge(inventory: Inventory, signal?: AbortSignal): Promise<void> {
  const exists = interfaceExists(BRIDGE);
  if (exists && !inventory.has('bridge', BRIDGE)) {
    throw new BlosmError('BLOSM_E_CONFLICT', `the interface ${BRIDGE} exists, and no sandbox of this folder made it`, {
      stage: 'sandbox',
      hint: `If nothing needs it: ip link del ${BRIDGE}`,
    });
  }
  if (!exists) {
    await assertSubnetFree();
    inventory.record({ kind: 'bridge', name: BRIDGE });
    await runBatch('ip', [`link add ${BRIDGE} address ${BRIDGE_MAC} type bridge forward_delay 0`], { signal });
  }
  await runBatch('ip', [`addr replace ${GATEWAY}/${SUBNET_BITS} dev ${BRIDGE}`, `link set ${BRIDGE} up`], { signal });
  if (filtersBridgedTraffic()) await ensureForwardRule(inventory);
}

async function assertSubnetFree(): Promise<void> {
  const { stdout } = await runCommand(['ip', '-4', 'route', 'show', 'root', `10.88.0.0/${SUBNET_BITS}`]);
  if (stdout.trim() === '') return;
  throw new BlosmError('BLOSM_E_CONFLICT', `this machine already routes 10.88.0.0/${SUBNET_BITS}: ${stdout.trim()}`, {
    stage: 'sandbox',
    hint: 'The sandbox needs these addresses for its hosts; remove that route or use another machine.',
  });
}

/** With br_netfilter, bridged packets pass iptables, whose FORWARD chain a Docker Engine of the machine may close. */
function filtersBridgedTraffic(): boolean {
  try {
    return readFileSync('/proc/sys/net/bridge/bridge-nf-call-iptables', 'utf8').trim() === '1';
  } catch {
    return false;
  }
}

async function ensureForwardRule(inventory: Inventory): Promise<void> {
  if (await hasForwardRule()) return;
  inventory.record({ kind: 'forward-rule', name: BRIDGE });
  await runCommand(['iptables', '-w', '-I', ...FORWARD_RULE]);
}

async function hasForwardRule(): Promise<boolean> {
  return (await tryCommand(['iptables', '-w', '-C', ...FORWARD_RULE])).exitCode === 0;
}

export async function removeForwardRule(): Promise<void> {
  if (await hasForwardRule()) await runCommand(['iptables', '-w', '-D', ...FORWARD_RULE]);
}

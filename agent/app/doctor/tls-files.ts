import type { NodeProfile } from '../../../chaincode/src/model';
import type { AgentConfig } from '../../config/schema';
import { findingsOr, ok, warn, type Finding } from '../../domain/doctor/finding';
import {
  judgeAuthorities,
  judgeAuthorityFile,
  judgeHost,
  judgePairFiles,
  judgeTlsPair,
  type TlsPairUse,
} from '../../domain/doctor/tls-files';
import type { MachineInspection } from '../../ports/inspection';
import type { Check } from './check';

/** The files by which the agent proves itself to devices and operators, and by which it knows operators. */
export const tlsFiles: Check = {
  name: 'tls-files',
  needs: 'config',
  run: async (visit) => {
    const { config, profile, machine } = visit;
    const nowMs = visit.nowMs();
    const { pairs, borrowed, authorities } = usesOf(config, profile);
    const findings = await Promise.all([
      ...pairs.map(async ({ use, files }) => judgeTlsPair(use, await machine.tlsPair(files, use.host), nowMs)),
      ...borrowed.map(async ({ use, files }) => {
        const { certificate, isForHost } = await machine.tlsPair(files, use.host);
        // Whatever else is wrong with it is a finding of `identity`.
        return certificate.kind === 'read' ? judgeHost(use, { isForHost }, certificate.certificates[0]) : [];
      }),
      ...authorities.map(async (file) => judgeAuthorities(await machine.certificates(file), nowMs)),
    ]);
    const all = [...findings.flat(), ...judgeScheme(config)];
    return findingsOr(all, ok('neither devices nor operators connect by TLS with files of their own'));
  },
};

/** What of it keeps the agent from starting: files with which no server can be started, or that let nobody in. */
export async function unusableTlsFiles(
  config: AgentConfig,
  profile: NodeProfile,
  machine: Pick<MachineInspection, 'tlsPair' | 'certificates'>,
): Promise<readonly Finding[]> {
  const { pairs, authorities } = usesOf(config, profile);
  const findings = await Promise.all([
    ...pairs.map(async ({ use, files }) => judgePairFiles(use, await machine.tlsPair(files, use.host))),
    ...authorities.map(async (file) => judgeAuthorityFile(await machine.certificates(file))),
  ]);
  return findings.flat();
}

interface PairInUse {
  readonly use: TlsPairUse;
  readonly files: { readonly certificate: string; readonly privateKey: string };
}

interface Uses {
  readonly pairs: readonly PairInUse[];
  /** The agent's own identity where it is shown to operators. */
  readonly borrowed: readonly PairInUse[];
  readonly authorities: readonly string[];
}

function usesOf({ gateway, control, ledger }: AgentConfig, { gatewayUrl }: NodeProfile): Uses {
  const devices: TlsPairUse = {
    ...{ section: 'gateway.tls', host: hostIn(new URL(gatewayUrl).hostname), hostKey: 'gateway.advertiseUrl' },
    ...{ isPinnable: false, isWatched: true },
  };
  const forDevices = gateway.tls === undefined ? [] : [{ use: devices, files: gateway.tls }];
  const { listen, clientCa, certificate, privateKey } = control;
  if (listen === undefined) return { pairs: forDevices, borrowed: [], authorities: [] };
  const operators: TlsPairUse = {
    ...{ section: 'control', host: hostIn(listen.slice(0, listen.lastIndexOf(':'))), hostKey: 'control.listen' },
    ...{ isPinnable: true, isWatched: false },
  };
  const own = certificate === undefined || privateKey === undefined ? undefined : { certificate, privateKey };
  return {
    pairs: [...forDevices, ...(own === undefined ? [] : [{ use: operators, files: own }])],
    borrowed: own === undefined ? [{ use: { ...operators, section: 'ledger' }, files: ledger }] : [],
    authorities: clientCa === undefined ? [] : [clientCa],
  };
}

const EVERYWHERE = new Set(['0.0.0.0', '::']);

/** Null: every address of this machine, which tells nothing of how clients reach it. */
function hostIn(text: string): string | null {
  const host = text.replace(/^\[(.*)\]$/, '$1');
  return EVERYWHERE.has(host) ? null : host;
}

/** A proxy in front may speak TLS where the gateway does not, but not the other way round. */
function judgeScheme({ gateway }: AgentConfig): readonly Finding[] {
  const { tls, advertiseUrl } = gateway;
  if (tls === undefined || advertiseUrl === undefined || advertiseUrl.startsWith('https:')) return [];
  const mend = `Set gateway.advertiseUrl: ${advertiseUrl.replace(/^http:/, 'https:')}.`;
  return [warn(`devices are told ${advertiseUrl}, but the gateway speaks TLS`, mend, 'gateway.advertiseUrl')];
}

import { existsSync, readFileSync } from 'node:fs';
import { readCertificate, factsOf, readPrivateKey } from '../config/identity/read-identity';
import type { LoadedConfig } from '../config/load';
import type { AgentConfig } from '../config/schema';
import { placeOf, type Fault } from '../config/yaml-file';
import { judgeIdentity } from '../domain/identity';

/** What the files are like that a valid configuration names. */
export interface FilesCheck {
  readonly faults: readonly Fault[];
  /** What is not there yet, and what will be trouble later. */
  readonly notes: readonly string[];
}

/**
 * Looks into the files that a configuration names, as far as they are there: the connection profile has to be one for
 * this organisation, the identity one that an agent can use, and what devices and operators are shown usable too.
 */
export async function checkFiles({ config, file }: LoadedConfig, nowMs: number): Promise<FilesCheck> {
  const { connectionProfile, certificate, privateKey } = config.ledger;
  const { readConnectionProfile } = await import('../adapters/fabric-grpc/connection-profile.js');
  const text = readFileSync(file, 'utf8');
  const check = (key: string, path: string, look: () => readonly string[]): FilesCheck => {
    if (!existsSync(path)) return { faults: [], notes: [`ledger.${key}: ${path} is not there yet`] };
    const fault = (message: string): Fault => ({
      ...placeOf(text, ['ledger', key]),
      key: `ledger.${key}`,
      message,
    });
    try {
      return { faults: [], notes: look().map((warning) => `ledger.${key}: ${warning}`) };
    } catch (error) {
      return { faults: [fault(error instanceof Error ? error.message : String(error))], notes: [] };
    }
  };
  const checks = [
    check('connectionProfile', connectionProfile, () => {
      readConnectionProfile(connectionProfile, config.cluster.mspId);
      return [];
    }),
    check('certificate', certificate, () => usable(certificate, nowMs)),
    check('privateKey', privateKey, () => {
      requirePair(certificate, privateKey);
      return [];
    }),
  ];
  checks.push(await checkTlsFiles(config, text));
  return { faults: checks.flatMap(({ faults }) => faults), notes: checks.flatMap(({ notes }) => notes) };
}

/** The files by which devices and operators are shown who the agent is, in the words of doctor. */
async function checkTlsFiles(config: AgentConfig, text: string): Promise<FilesCheck> {
  const [{ unusableTlsFiles }, { inspectCertificates, inspectTlsPair }, { profileOf }] = await Promise.all([
    import('../app/doctor/index.js'),
    import('../adapters/inspection/index.js'),
    import('../daemon/settings.js'),
  ]);
  const files = { tlsPair: inspectTlsPair, certificates: inspectCertificates };
  const findings = await unusableTlsFiles(config, profileOf(config), files);
  const { tls } = config.gateway;
  const { certificate, privateKey, clientCa } = config.control;
  const named = new Map<string, string | undefined>([
    ['gateway.tls.certificate', tls?.certificate],
    ['gateway.tls.privateKey', tls?.privateKey],
    ['control.certificate', certificate],
    ['control.privateKey', privateKey],
    ['control.clientCa', clientCa],
  ]);
  const told = findings.map(({ about, seen }): FilesCheck => {
    const file = named.get(about) ?? '';
    if (!existsSync(file)) return { faults: [], notes: [`${about}: ${file} is not there yet`] };
    return { faults: [{ ...placeOf(text, about.split('.')), key: about, message: seen }], notes: [] };
  });
  return { faults: told.flatMap(({ faults }) => faults), notes: told.flatMap(({ notes }) => notes) };
}

/** @returns warnings @throws Error with what forbids it */
function usable(file: string, nowMs: number): readonly string[] {
  const certificate = readCertificate(readFileSync(file, 'utf8'), file);
  const { faults, warnings } = judgeIdentity(factsOf(certificate), nowMs, true);
  if (faults.length > 0) throw new Error(faults.join('; '));
  return warnings;
}

function requirePair(certificateFile: string, keyFile: string): void {
  const key = readPrivateKey(readFileSync(keyFile, 'utf8'), keyFile);
  if (!existsSync(certificateFile)) return;
  const certificate = readCertificate(readFileSync(certificateFile, 'utf8'), certificateFile);
  if (!certificate.checkPrivateKey(key)) throw new Error(`${keyFile} does not belong to ${certificateFile}`);
}

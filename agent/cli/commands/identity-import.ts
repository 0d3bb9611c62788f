import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, relative, resolve } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { BlosmError } from '../../../chaincode/src/model/errors';
import { editYaml } from '../../config/edit-file';
import { findIdentity, type IdentitySource } from '../../config/identity/identity-source';
import { keepIdentity, type KeptIdentity } from '../../config/identity/keep-identity';
import { factsOf, readCertificate, refusedIdentity } from '../../config/identity/read-identity';
import { loadConfig, type LoadedConfig } from '../../config/load';
import { judgeIdentity } from '../../domain/identity';
import { configRequest } from '../config-request';
import { tellIntent, type DryRunOptions } from '../dry-run';
import type { ExitCode } from '../exit-codes';
import { note, type Cli } from '../io';
import { print } from '../output/print';
import { identityFields, identityText } from '../views/identity';
import type { Invocation } from './handler';

interface ImportOptions extends DryRunOptions {
  readonly msp?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly mspId?: string;
  readonly allowAdmin?: boolean;
}

/** `blosm identity import`: nothing is written before everything has been checked. */
export async function identityImport(cli: Cli, { options }: Invocation<ImportOptions>): Promise<ExitCode> {
  const { io } = cli;
  const source = sourceOf(cli, options);
  const loaded = loadConfig(configRequest(cli));
  const mspId = await confirmMspId(loaded, options.mspId);
  const identity = await findIdentity(source);
  const facts = factsOf(readCertificate(identity.certificatePem, identity.certificateFile));
  const { faults, warnings } = judgeIdentity(facts, io.nowMs(), options.allowAdmin === true);
  if (faults.length > 0) {
    throw refusedIdentity(
      `${identity.certificateFile} (${facts.subject}) is no identity for an agent: ${faults.join('; ')}`,
      "Have the organisation's certificate authority issue a client identity with a P-256 key.",
    );
  }
  if (options.dryRun === true) {
    const { directory } = loaded.config.state;
    const steps = [
      `copy ${identity.certificateFile} (${facts.subject}) and its key to ${directory}`,
      `set ledger.certificate and ledger.privateKey in ${loaded.file}`,
    ];
    return tellIntent(cli, { command: 'identity import', steps });
  }
  const kept = await keepIdentity(loaded.config.state.directory, identity);
  await nameInConfig(cli, loaded, kept);
  const fields = identityFields(mspId, facts, kept, { warnings, nowMs: io.nowMs() });
  await print(cli, { kind: 'Identity', fields, names: () => [fields.sha256], text: () => identityText(fields) });
  return 0;
}

function sourceOf({ io }: Cli, { msp, cert, key }: ImportOptions): IdentitySource {
  if (msp !== undefined) return { mspFolder: resolve(io.cwd, msp) };
  if (cert !== undefined && key !== undefined) {
    return { certificate: resolve(io.cwd, cert), key: resolve(io.cwd, key) };
  }
  throw new BlosmError('BLOSM_E_INVALID_ARGUMENT', 'an identity is a certificate and its key', {
    stage: 'usage',
    hint: 'Name them with --msp FOLDER, or with --cert FILE and --key FILE.',
  });
}

/** The configuration says which organisation this is; the connection profile has to know it too. */
async function confirmMspId({ config, file }: LoadedConfig, named: string | undefined): Promise<string> {
  const { mspId } = config.cluster;
  if (named !== undefined && named !== mspId) {
    throw refusedIdentity(
      `the configuration is for ${mspId}, the identity is to be one of ${named}`,
      `Set cluster.mspId in ${file}, or leave out --msp-id.`,
    );
  }
  const { connectionProfile } = config.ledger;
  if (existsSync(connectionProfile)) {
    const { readConnectionProfile } = await import('../../adapters/fabric-grpc/connection-profile.js');
    readConnectionProfile(connectionProfile, mspId);
  }
  return mspId;
}

/** Sets the two keys in the file, as paths relative to it where they lie below it; the rest of it stays. */
async function nameInConfig(cli: Cli, { file, overrides }: LoadedConfig, kept: KeptIdentity): Promise<void> {
  const written = (path: string): string => {
    const below = relative(dirname(file), path);
    return below.startsWith('..') ? path : below;
  };
  const [certificate, privateKey] = [written(kept.certificate), written(kept.privateKey)];
  const text = await readFile(file, 'utf8');
  const edited = editYaml(text, [
    [['ledger', 'certificate'], certificate],
    [['ledger', 'privateKey'], privateKey],
  ]);
  if (edited !== text) await writeFileAtomic(file, edited);
  note(cli, `${file}: ledger.certificate is ${certificate}, ledger.privateKey is ${privateKey}`);
  for (const { path, variable } of overrides) {
    if (['ledger.certificate', 'ledger.privateKey'].includes(path.join('.'))) {
      note(cli, `${variable} is set: it overrides ${path.join('.')} of the file`);
    }
  }
}

import type { Command } from 'commander';
import { addAgentCommands } from './agent';
import { addClusterCommands } from './cluster';
import { addConfigCommands } from './config';
import { addIdentityCommands } from './identity';
import { addInstanceCommands } from './instance';
import { addLedgerCommands } from './ledger';
import { addMigrationCommands } from './migration';
import { addNetworkCommands } from './network';
import { addObservingCommands } from './observing';
import { addPlacementCommands } from './placement';
import { addProgramCommands } from './program';
import { addSandboxCommands } from './sandbox';
import { addServiceCommands } from './service';
import type { Bind } from './bind';

export type { Bind } from './bind';

const GROUPS = [
  addProgramCommands,
  addAgentCommands,
  addConfigCommands,
  addIdentityCommands,
  addClusterCommands,
  addServiceCommands,
  addInstanceCommands,
  addMigrationCommands,
  addPlacementCommands,
  addLedgerCommands,
  addObservingCommands,
  addNetworkCommands,
  addSandboxCommands,
];

/** The whole tree of commands, in the order of the help. */
export function addCommands(program: Command, bind: Bind): void {
  for (const add of GROUPS) add(program, bind);
}

import type { ConfigRequest } from '../config/load';
import type { Cli } from './io';

/** The options of commands that read the configuration. */
export interface SetOptions {
  readonly set?: readonly string[];
}

/** Which configuration a command line means: what it sets, over the environment, over the file. */
export const configRequest = ({ io, options }: Cli, { set }: SetOptions = {}): ConfigRequest => ({
  file: options.config,
  env: io.env,
  cwd: io.cwd,
  set,
});

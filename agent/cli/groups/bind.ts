import type { Handler } from '../commands/handler';

/** Turns the loading of a command's code into commander's action: the code is loaded when the command is called. */
export type Bind = <O>(load: () => Promise<Handler<O>>) => (...received: unknown[]) => Promise<void>;

import type { IncomingMessage } from 'node:http';
import Docker from 'dockerode';
import { engineFailure, statusOf } from './failure';
import type { RegistryAuth } from './options';

/** One request to the engine. */
export interface ApiCall {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Without query and version: the engine then takes its own newest version. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean>>;
  readonly body?: object;
  /** A tar archive sent as the body. */
  readonly archive?: Buffer;
  /** Credentials for the registry; null: none, but the engine wants to be told so. */
  readonly auth?: RegistryAuth | null;
  /** For messages, e.g. `start container 12ab`. */
  readonly what: string;
  readonly stage: string;
  readonly signal: AbortSignal;
}

/** The engine's HTTP API through the SDK's transport: every call can be cancelled, every failure has a code. */
export interface EngineApi {
  call<T>(call: ApiCall): Promise<T>;
  /** Undefined when the engine answers one of the statuses given, e.g. 404. */
  callUnless<T>(statuses: readonly number[], call: ApiCall): Promise<T | undefined>;
  /** An answer that goes on for long; whatever fails later comes inside it. */
  stream(call: ApiCall): Promise<IncomingMessage>;
}

const SUCCESSES = { 200: true, 201: true, 204: true };

export function connectApi(socketPath: string): EngineApi {
  // Host and protocol are named, lest DOCKER_HOST of the environment lead to another engine.
  const { modem } = new Docker({ socketPath, host: undefined, protocol: 'http' });

  const dial = (call: ApiCall, isStream: boolean): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const request = {
        path: `${call.path}?`,
        method: call.method,
        options: { _query: call.query ?? {}, _body: call.body ?? {} },
        statusCodes: SUCCESSES,
        isStream,
        abortSignal: call.signal,
        ...(call.archive === undefined ? {} : { file: call.archive }),
        ...(call.auth === undefined ? {} : { authconfig: call.auth ?? {} }),
      };
      modem.dial(request, (error, answer) => {
        if (error === null) resolve(answer);
        else reject(error);
      });
    });

  const failed = (call: ApiCall) => (cause: unknown) => {
    throw engineFailure(cause, call.what, call.stage);
  };

  return {
    call: async <T>(call: ApiCall): Promise<T> => (await dial(call, false).catch(failed(call))) as T,
    callUnless: async <T>(statuses: readonly number[], call: ApiCall): Promise<T | undefined> => {
      const answer = await dial(call, false).catch((cause: unknown) => {
        if (statuses.includes(statusOf(cause) ?? 0)) return undefined;
        throw engineFailure(cause, call.what, call.stage);
      });
      return answer as T | undefined;
    },
    stream: async (call) => (await dial(call, true).catch(failed(call))) as IncomingMessage,
  };
}

import { BlosmError, type ErrorCode } from '../../../chaincode/src/model';

interface Rule {
  readonly pattern: RegExp;
  readonly code: ErrorCode;
  readonly hint?: string;
}

/** What the engine's own words mean, whatever it was asked; the first rule that matches counts. */
const RULES: readonly Rule[] = [
  { pattern: /no space left on device|disk quota exceeded|not enough (?:free )?space/i, code: 'BLOSM_E_NO_SPACE' },
  {
    pattern: /verification failed|digest mismatch|does not match expected digest|unexpected digest|wrong digest/i,
    code: 'BLOSM_E_IMAGE_MISMATCH',
    hint: 'The registry handed out bytes that do not have the digest asked for; check its storage.',
  },
  {
    pattern:
      /no matching manifest for|cannot be used on this platform|exec format error|does not match the .* platform/i,
    code: 'BLOSM_E_UNSUPPORTED',
    hint: 'The image was built for another platform than this engine runs.',
  },
  {
    pattern: /could not select device driver|unknown or invalid runtime name/i,
    code: 'BLOSM_E_UNSUPPORTED',
    hint: 'Install the NVIDIA container toolkit on this host or correct the service.',
  },
];

/** Words of a push or pull that say that something asked for is not there. */
const MISSING = /manifest unknown|manifest for .* not found|name unknown|does not exist locally|tag does not exist/i;

/** Words of a push or pull whose fault is the engine's own, not the registry's. */
const LOCAL = /failed to register layer|invalid reference format|error processing tar/i;

interface EngineFault {
  readonly statusCode?: number;
  readonly json?: unknown;
}

const NO_ENGINE = new Set(['ECONNREFUSED', 'ENOENT', 'EACCES', 'EPERM', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT']);
const PREMATURE = new Set(['ECONNRESET', 'ERR_STREAM_PREMATURE_CLOSE', 'ERR_STREAM_DESTROYED']);

/** Turns what the SDK rejected with into an error of the model. */
export function engineFailure(cause: unknown, what: string, stage: string): BlosmError {
  if (cause instanceof BlosmError) return cause;
  const { statusCode } = cause as EngineFault;
  if (statusCode === undefined) return brokenConnection(cause, what, stage);
  const said = wordsOf(cause);
  const code = codeOf(said) ?? (isTransfer(stage) ? transferCode(said, statusCode) : codeOfStatus(statusCode));
  return failure(code, `${what}: ${said} (HTTP ${statusCode})`, stage, cause);
}

/** Turns an error that came inside a push, pull or load answer of status 200 into an error of the model. */
export function inBandFailure(said: string, what: string, stage: string): BlosmError {
  const code = codeOf(said) ?? (isTransfer(stage) ? transferCode(said, 200) : 'BLOSM_E_ENGINE');
  return failure(code, `${what}: ${said}`, stage);
}

/** The failure of an answer that stopped before its end. */
export function truncated(what: string, stage: string, cause?: unknown): BlosmError {
  return failure('BLOSM_E_ENGINE_UNREACHABLE', `${what}: the engine's answer stopped before its end`, stage, cause);
}

export function statusOf(cause: unknown): number | undefined {
  return (cause as EngineFault | undefined)?.statusCode;
}

/** True when a stream ended by a lost connection. */
export function isPremature(cause: unknown): boolean {
  return PREMATURE.has((cause as NodeJS.ErrnoException | undefined)?.code ?? '');
}

const isTransfer = (stage: string): boolean => stage === 'push' || stage === 'pull';

function codeOf(said: string): ErrorCode | undefined {
  return RULES.find((rule) => rule.pattern.test(said))?.code;
}

function codeOfStatus(status: number): ErrorCode {
  if (status === 404) return 'BLOSM_E_NOT_FOUND';
  return 'BLOSM_E_ENGINE';
}

function transferCode(said: string, status: number): ErrorCode {
  if (LOCAL.test(said) || status === 400) return 'BLOSM_E_ENGINE';
  // Without rights a registry says the same of an image that exists and of one that does not.
  if (/denied|unauthorized/i.test(said)) return 'BLOSM_E_REGISTRY';
  return status === 404 || MISSING.test(said) ? 'BLOSM_E_NOT_FOUND' : 'BLOSM_E_REGISTRY';
}

function brokenConnection(cause: unknown, what: string, stage: string): BlosmError {
  const { code } = cause as NodeJS.ErrnoException;
  const said = cause instanceof Error ? cause.message : String(cause);
  const lost = (code !== undefined && NO_ENGINE.has(code)) || /socket hang up|aborted/.test(said);
  return failure(lost ? 'BLOSM_E_ENGINE_UNREACHABLE' : 'BLOSM_E_ENGINE', `${what}: ${said}`, stage, cause);
}

/** The engine's own sentence, without what the SDK puts around it. */
function wordsOf(cause: unknown): string {
  const { json } = cause as EngineFault;
  if (typeof json === 'object' && json !== null && 'message' in json) return String(json.message).trim();
  const message = cause instanceof Error ? cause.message : String(cause);
  return message.replace(/^\(HTTP code \d+\) [^-]*- /, '').trim();
}

function failure(code: ErrorCode, message: string, stage: string, cause?: unknown): BlosmError {
  const hint = RULES.find((rule) => rule.code === code && rule.pattern.test(message))?.hint;
  return new BlosmError(code, message, { stage, cause, ...(hint === undefined ? {} : { hint }) });
}

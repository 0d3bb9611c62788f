import type { Position } from '../../chaincode/src/model';

/** What the gateway knows of a request before it reads the body. */
export interface RequestFacts {
  readonly serviceId: string;
  readonly method: string;
  /** The device's own id as it gave it; empty: none. Never stored in the clear. */
  readonly deviceId: string;
  /** The token `instanceId.secret`; empty: none. */
  readonly token: string;
  readonly position: Position | null;
  /** The node that forwarded the request agent to agent; null: it came from the device. */
  readonly forwardedBy: string | null;
  /** True when that node asks for request migration (it is full): serve it here or refuse, never pass it on. */
  readonly migrated: boolean;
}

/** Headers that the gateway adds to every answer: who served it and where to connect. */
export interface AnswerFacts {
  readonly servedBy: string;
  readonly instanceId: string;
  /** A new token for the device; null: it keeps its own. */
  readonly newToken: string | null;
  /** Gateway URL of a nearer cluster; null: this one is the right one. */
  readonly connectTo: string | null;
  /** False: this cluster has not seen the newest block since it started; only what has no state is served so. */
  readonly isFresh: boolean;
}

export type RouteDecision =
  | {
      readonly kind: 'serve';
      readonly host: string;
      readonly port: number;
      readonly answer: AnswerFacts;
      /** Called once, when the answer has ended or failed. */
      readonly release: () => void;
      /** Called when the container took no connection or broke off: its health is seen before anybody goes there again. */
      readonly suspect?: () => void;
      /** Fires when the container is about to be stopped: what never ends by itself is ended. */
      readonly leaving?: AbortSignal;
    }
  | {
      readonly kind: 'forward';
      readonly nodeId: string;
      readonly reason: 'owner' | 'request-migration';
      readonly answer: AnswerFacts | null;
      readonly release: () => void;
    }
  | {
      readonly kind: 'refuse';
      /** HTTP status. */
      readonly status: number;
      readonly code: string;
      readonly reason: string;
      readonly retryAfterSeconds: number | null;
    };

/** The agent's side of the gateway (Algorithm 3): decides for each request.*/
export interface Router {
  /** Never throws. */
  decide(facts: RequestFacts, signal: AbortSignal): Promise<RouteDecision>;
  /**
   * A device tells where it is without sending data (`PUT /devices/self/position`); false: the token is nobody's.
   * @throws BlosmError when the instance's owner, another cluster, does not take it
   */
  reportPosition(token: string, position: Position): Promise<boolean>;
}

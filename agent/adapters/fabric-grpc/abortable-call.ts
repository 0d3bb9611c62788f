import { InterceptingCall, status } from '@grpc/grpc-js';
import type { CallOptions, Interceptor } from '@grpc/grpc-js';

/**
 * Options of one gRPC call that ends with code DEADLINE_EXCEEDED after its time and with code CANCELLED when the signal
 * fires. For callers that hand out options but never the call itself.
 */
export function abortableCall(timeoutMs: number, signal: AbortSignal): CallOptions {
  return { deadline: Date.now() + timeoutMs, interceptors: [cancelledBy(signal)] };
}

function cancelledBy(signal: AbortSignal): Interceptor {
  return (options, nextCall) => {
    const call = nextCall(options);
    const cancel = (): void => call.cancelWithStatus(status.CANCELLED, 'the caller ended the call');
    return new InterceptingCall(call, {
      start: (metadata, _listener, next) => {
        next(metadata, {
          onReceiveStatus: (received, pass) => {
            signal.removeEventListener('abort', cancel);
            pass(received);
          },
        });
        signal.addEventListener('abort', cancel, { once: true });
        if (signal.aborted) cancel();
      },
    });
  };
}

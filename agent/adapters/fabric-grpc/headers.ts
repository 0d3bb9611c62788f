import { createHash, randomBytes } from 'node:crypto';
import { protos } from './protos';
import type { Session } from './session';

const NONCE_BYTES = 24;

export interface HeaderFields {
  readonly type: protos.common.HeaderType;
  /** For calls of a chaincode: its name, which goes with a transaction id. */
  readonly chaincode?: string;
}

/** The two headers that stand before whatever is signed on a channel. */
export interface SignedHeader {
  /** 64 hexadecimal digits: SHA-256 over nonce and creator. */
  readonly transactionId: string;
  readonly header: protos.common.IHeader;
}

/** Makes the headers of a request, with a nonce of its own. */
export function newHeader(session: Session, { type, chaincode }: HeaderFields): SignedHeader {
  const { creator, tlsCertificateSha256 } = session.signer;
  const nonce = randomBytes(NONCE_BYTES);
  const transactionId = createHash('sha256').update(nonce).update(creator).digest('hex');
  const nowMs = session.clock.nowMs();
  const channelHeader: protos.common.IChannelHeader = {
    type,
    channel_id: session.channel,
    timestamp: { seconds: Math.floor(nowMs / 1000), nanos: (nowMs % 1000) * 1_000_000 },
    tls_cert_hash: tlsCertificateSha256,
    ...(chaincode === undefined ? {} : { tx_id: transactionId, extension: extensionOf(chaincode) }),
  };
  const header = {
    channel_header: protos.common.ChannelHeader.encode(channelHeader).finish(),
    signature_header: protos.common.SignatureHeader.encode({ creator, nonce }).finish(),
  };
  return { transactionId, header };
}

function extensionOf(name: string): Uint8Array {
  return protos.protos.ChaincodeHeaderExtension.encode({ chaincode_id: { name } }).finish();
}

import { Server, ServerCredentials } from '@grpc/grpc-js';
import type { ServerDuplexStream, ServerUnaryCall, sendUnaryData } from '@grpc/grpc-js';
import { protos } from '../../agent/adapters/fabric-grpc/protos';
import type { FakeChannel } from './channel';
import { openProposal, openRequest } from './fabric-callers';
import { GatewayService, statusOf } from './gateway-service';
import { LedgerWire } from './ledger-wire';
import type { FakePeer } from './peer';

export interface GatewayPeerOptions {
  readonly channel: FakeChannel;
  readonly mspId: string;
  /** False: a peer from before Fabric 2.4. */
  readonly hasGateway?: boolean;
}

type Duplex = ServerDuplexStream<Buffer, Buffer>;

const asIs = (bytes: Buffer): Buffer => bytes;
const RAW = { requestSerialize: asIs, requestDeserialize: asIs, responseSerialize: asIs, responseDeserialize: asIs };
const NAMES = { channel: 'blosm', chaincode: 'blosm' };

/**
 * A peer of a fake channel that speaks gRPC: the gateway service, the queries of the system chaincode and the streams of
 * blocks; for the orderer's newest block it answers as well. Signatures are checked as a peer does.
 */
export class GatewayPeer {
  readonly service: GatewayService;
  readonly #server = new Server();
  readonly #peer: FakePeer;
  readonly #wire: LedgerWire;
  readonly #streams = new Set<Duplex>();
  #port = 0;

  private constructor(private readonly options: GatewayPeerOptions) {
    this.#peer = options.channel.peer(options.mspId);
    this.#wire = new LedgerWire(this.#peer, NAMES);
    this.service = new GatewayService(options.channel, options.mspId);
    this.#serve();
  }

  static async start(options: GatewayPeerOptions): Promise<GatewayPeer> {
    const peer = new GatewayPeer(options);
    await peer.#listen();
    return peer;
  }

  /** A connection profile in which this is the own peer and the orderer. */
  get connectionProfile(): object {
    const url = `grpc://127.0.0.1:${this.#port}`;
    const { mspId } = this.options;
    return {
      organizations: { [mspId]: { mspid: mspId, peers: [`peer.${mspId}`] } },
      peers: { [`peer.${mspId}`]: { url } },
      orderers: { orderer: { url } },
    };
  }

  /** Ends the streams of blocks that are open; new ones can be opened. */
  dropStreams(): void {
    for (const call of this.#streams) call.end();
  }

  stop(): void {
    this.#server.forceShutdown();
  }

  async #listen(): Promise<void> {
    this.#port = await new Promise<number>((resolve, reject) => {
      this.#server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
        if (error === null) resolve(port);
        else reject(error);
      });
    });
  }

  #serve(): void {
    const { service } = this;
    this.#unary('/protos.Endorser/ProcessProposal', (request) => this.#systemQuery(request));
    this.#duplex('/protos.Deliver/Deliver', (call) => {
      this.#deliver(call, (number) => {
        const block = this.#wire.block(number);
        return block === undefined ? undefined : protos.protos.DeliverResponse.encode({ block }).finish();
      });
    });
    this.#duplex('/protos.Deliver/DeliverFiltered', (call) => {
      this.#deliver(call, (number) => {
        const filtered_block = this.#wire.filteredBlock(number);
        return filtered_block === undefined
          ? undefined
          : protos.protos.DeliverResponse.encode({ filtered_block }).finish();
      });
    });
    this.#duplex('/orderer.AtomicBroadcast/Deliver', (call) => this.#tellNewestOrdered(call));
    if (this.options.hasGateway === false) return;
    this.#unary('/gateway.Gateway/Evaluate', (request) => service.evaluate(request));
    this.#unary('/gateway.Gateway/Endorse', (request) => service.endorse(request));
    this.#unary('/gateway.Gateway/Submit', (request) => service.submit(request));
    this.#unary('/gateway.Gateway/CommitStatus', (request) => service.commitStatus(request));
  }

  #unary(path: string, answer: (request: Buffer) => Promise<Uint8Array>): void {
    const handler = (call: ServerUnaryCall<Buffer, Buffer>, done: sendUnaryData<Buffer>): void => {
      answer(call.request).then(
        (bytes) => done(null, Buffer.from(bytes)),
        (error: unknown) => done(statusOf(error)),
      );
    };
    this.#server.addService({ call: { path, requestStream: false, responseStream: false, ...RAW } }, { call: handler });
  }

  #duplex(path: string, handler: (call: Duplex) => void): void {
    const opened = (call: Duplex): void => {
      call.on('error', () => undefined);
      this.#streams.add(call);
      call.once('close', () => this.#streams.delete(call));
      handler(call);
    };
    this.#server.addService({ call: { path, requestStream: true, responseStream: true, ...RAW } }, { call: opened });
  }

  /** A query of the chaincode `qscc`; what goes wrong is an answer with a status. */
  #systemQuery(request: Buffer): Promise<Uint8Array> {
    let response: protos.protos.IResponse;
    try {
      response = { status: 200, payload: this.#wire.systemQuery(openProposal(request).words) };
    } catch (error) {
      response = { status: 500, message: String(error) };
    }
    return Promise.resolve(protos.protos.ProposalResponse.encode({ response }).finish());
  }

  /** Blocks from where the request says, each as soon as the peer has it. */
  #deliver(call: Duplex, message: (number: number) => Uint8Array | undefined): void {
    call.once('data', (request: Buffer) => {
      const { start } = protos.orderer.SeekInfo.decode(openRequest(request).data);
      let next = start?.newest ? this.#peer.height - 1 : Number(start?.specified?.number ?? 0);
      const send = (): void => {
        for (let bytes = message(next); bytes !== undefined; bytes = message(next)) {
          call.write(Buffer.from(bytes));
          next += 1;
        }
      };
      const stop = this.#peer.onCommit(send);
      call.once('close', stop).once('cancelled', stop).once('end', stop);
      send();
    });
  }

  #tellNewestOrdered(call: Duplex): void {
    call.once('data', (request: Buffer) => {
      openRequest(request);
      const block = { header: { number: this.options.channel.height - 1 } };
      call.write(Buffer.from(protos.orderer.DeliverResponse.encode({ block }).finish()));
    });
  }
}

'use strict';

const { createHash } = require('node:crypto');

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const [TEXT, CLOSE] = [1, 8];
const [GOING_AWAY, TOO_LONG] = [1001, 1009];

/**
 * Tells new counts to whoever listens by a WebSocket (RFC 6455). What a listener sends is left unread, but for its
 * farewell; a frame of more than 125 bytes ends the connection.
 */
function createLiveCounts() {
  const listeners = new Set();
  return {
    /** Answers the request to change over to a WebSocket. */
    accept(request, socket) {
      const key = request.headers['sec-websocket-key'];
      if (key === undefined || request.headers.upgrade?.toLowerCase() !== 'websocket') {
        socket.end('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
        return;
      }
      const accepted = createHash('sha1').update(`${key}${GUID}`).digest('base64');
      const head = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade'];
      socket.write([...head, `Sec-WebSocket-Accept: ${accepted}`, '', ''].join('\r\n'));
      listeners.add(socket);
      const end = () => {
        listeners.delete(socket);
        socket.end();
      };
      socket.on('error', end).on('end', end).on('close', end);
      listen(socket, (code) => {
        if (listeners.has(socket)) socket.write(closeFrame(code));
        end();
      });
    },
    tell(value) {
      const payload = Buffer.from(JSON.stringify(value));
      for (const socket of listeners) socket.write(frame(TEXT, payload));
    },
    end() {
      for (const socket of listeners) socket.end(closeFrame(GOING_AWAY));
      listeners.clear();
    },
  };
}

/** Calls back with the code with which to answer a farewell, or a frame that is too long. */
function listen(socket, onEnd) {
  let pending = Buffer.alloc(0);
  socket.on('data', (chunk) => {
    pending = Buffer.concat([pending, chunk]);
    while (pending.length >= 2) {
      const length = pending[1] & 127;
      if (length > 125) return onEnd(TOO_LONG);
      if (pending.length < 6 + length) return undefined;
      if ((pending[0] & 15) === CLOSE) return onEnd(GOING_AWAY);
      pending = pending.subarray(6 + length);
    }
    return undefined;
  });
}

const closeFrame = (code) => frame(CLOSE, Buffer.from([code >> 8, code & 255]));

/** As a server sends it: whole and unmasked, at most 65535 bytes. */
function frame(opcode, payload) {
  const { length } = payload;
  const head = length < 126 ? [length] : [126, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([128 | opcode, ...head]), payload]);
}

module.exports = { createLiveCounts };

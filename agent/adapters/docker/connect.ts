import type { Engine } from '../../ports/engine';
import { connectApi } from './api';
import { commitContainer } from './commit';
import { listContainers } from './container-list';
import { createContainer, removeContainer, startContainer, stopContainer } from './containers';
import { createContext } from './context';
import { watchContainers } from './events';
import { createImageList, inspectImage, removeImage, tagImage } from './images';
import { observe } from './observe';
import type { DockerOptions } from './options';
import { pullImage, pushImage } from './transfer';
import { readUsage } from './usage';

/**
 * The Engine port by a Docker Engine (API 1.41 and later). Nothing is asked before the first call, so it connects to
 * an engine that is down as well. Deadlines when the caller gives none: 15 s to look, 60 s to create and to start,
 * the grace and 30 s to stop, 2 min to remove, 10 min to commit, 30 min to push or pull.
 */
export function connectDocker(options: DockerOptions): Engine {
  const context = createContext(connectApi(options.socketPath), options);
  return {
    observe: (call) => observe(context, call),
    listContainers: (nodeId, call) => listContainers(context, nodeId, call),
    inspectImage: (reference, call) => inspectImage(context, reference, call),
    listImages: createImageList(context),
    createContainer: (order, call) => createContainer(context, order, call),
    startContainer: (containerId, call) => startContainer(context, containerId, call),
    stopContainer: (containerId, graceSeconds, call) => stopContainer(context, containerId, graceSeconds, call),
    removeContainer: (containerId, call) => removeContainer(context, containerId, call),
    commitContainer: (containerId, reference, call) => commitContainer(context, containerId, reference, call),
    pushImage: (reference, onProgress, call) => pushImage(context, reference, onProgress, call),
    pullImage: (reference, onProgress, call) => pullImage(context, reference, onProgress, call),
    tagImage: (reference, tag, call) => tagImage(context, reference, tag, call),
    removeImage: (reference, call) => removeImage(context, reference, call),
    usage: (containerId, call) => readUsage(context, containerId, call),
    watch: (nodeId, signal) => watchContainers(context, nodeId, signal),
  };
}

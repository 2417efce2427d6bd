import '@tensorflow/tfjs-layers'; // tfjs-core alone registers no gradients
import '@tensorflow/tfjs-backend-cpu';

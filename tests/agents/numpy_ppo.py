"""The arithmetic of PPO once more, in plain NumPy loops that follow the papers."""

import numpy as np


def advantages(rewards, values, next_values, terminated, truncated, discount, gae_lambda):
    """Computes generalized advantage estimates of [time] arrays."""
    result = np.zeros(len(rewards))
    for t in range(len(rewards)):
        weight = 1.0
        for k in range(t, len(rewards)):
            future = 0.0 if terminated[k] else discount * next_values[k]
            result[t] += weight * (rewards[k] + future - values[k])
            if terminated[k] or truncated[k]:
                break
            weight *= discount * gae_lambda
    return result


def log_softmax(logits):
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def loss(logits, values, actions, old_log_probabilities, old_values, advantage, config):
    """Computes the loss of a minibatch, and its parts."""
    log_probabilities = log_softmax(logits)
    scaled = (advantage - advantage.mean()) / (advantage.std() + 1e-8)
    surrogate, error, entropy = [], [], []
    for row, action in enumerate(actions):
        ratio = np.exp(log_probabilities[row, action] - old_log_probabilities[row])
        clipped = min(max(ratio, 1 - config.clip), 1 + config.clip)
        surrogate.append(min(ratio * scaled[row], clipped * scaled[row]))
        error.append((values[row] - (advantage[row] + old_values[row])) ** 2)
        entropy.append(-np.sum(np.exp(log_probabilities[row]) * log_probabilities[row]))
    policy, value, spread = -np.mean(surrogate), np.mean(error) / 2, np.mean(entropy)
    total = policy + config.value_weight * value - config.entropy_weight * spread
    return total, {"policy_loss": policy, "value_loss": value, "entropy": spread}


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def recurrent_outputs(weights, cells, carry, ends):
    """Computes logits, [rows, time, actions], and values, [rows, time], of a network with one hidden layer
    and a GRU cell (Cho et al. 2014) from cells, [rows, time, n], and the ends of episodes, [rows, time]."""
    cell = weights["GRUCell_0"]

    def dense(layer, x):
        return x @ np.asarray(layer["kernel"], float) + np.asarray(layer.get("bias", 0.0), float)

    logits, values = [], []
    for row in range(len(cells)):
        memory = np.array(carry[row], float)
        for time, seen in enumerate(cells[row]):
            units = np.maximum(dense(weights["ViewDense_0"], seen), 0)
            reset = sigmoid(dense(cell["ir"], units) + dense(cell["hr"], memory))
            update = sigmoid(dense(cell["iz"], units) + dense(cell["hz"], memory))
            new = np.tanh(dense(cell["in"], units) + reset * dense(cell["hn"], memory))
            memory = (1 - update) * new + update * memory
            logits.append(dense(weights["Dense_0"], memory))
            values.append(dense(weights["Dense_1"], memory)[0])
            if ends[row, time]:
                memory = np.zeros_like(memory)
    return np.reshape(logits, (*ends.shape, -1)), np.reshape(values, ends.shape)


def clipped_adam(gradients, learning_rates, max_norm, beta1=0.9, beta2=0.999, eps=1e-5):
    """Computes the sum of Adam's changes for a list of flat gradients, each limited in norm."""
    first, second, total = 0.0, 0.0, 0.0
    for step, (gradient, rate) in enumerate(zip(gradients, learning_rates, strict=True), start=1):
        gradient = gradient * min(1.0, max_norm / np.linalg.norm(gradient))
        first = beta1 * first + (1 - beta1) * gradient
        second = beta2 * second + (1 - beta2) * gradient**2
        corrected = first / (1 - beta1**step), second / (1 - beta2**step)
        total = total - rate * corrected[0] / (np.sqrt(corrected[1]) + eps)
    return total

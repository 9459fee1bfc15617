"""PPO's arithmetic once more, in plain NumPy loops and straight from the papers."""

import numpy as np


def advantages(rewards, values, next_values, terminated, truncated, discount, decay):
    """Generalized advantage estimation for [time] arrays."""
    result = np.zeros(len(rewards))
    for t in range(len(rewards)):
        weight = 1.0
        for k in range(t, len(rewards)):
            future = 0.0 if terminated[k] else discount * next_values[k]
            result[t] += weight * (rewards[k] + future - values[k])
            if terminated[k] or truncated[k]:
                break
            weight *= discount * decay
    return result


def log_softmax(logits):
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def loss(logits, values, actions, old_log_probabilities, old_values, advantage, config):
    """The whole loss of a minibatch, and its parts."""
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


def clipped_adam(gradients, learning_rates, max_norm, beta1=0.9, beta2=0.999, eps=1e-5):
    """The sum of the changes that Adam makes for a list of flat gradients, each first limited in norm."""
    first, second, total = 0.0, 0.0, 0.0
    for step, (gradient, rate) in enumerate(zip(gradients, learning_rates, strict=True), start=1):
        gradient = gradient * min(1.0, max_norm / np.linalg.norm(gradient))
        first = beta1 * first + (1 - beta1) * gradient
        second = beta2 * second + (1 - beta2) * gradient**2
        corrected = first / (1 - beta1**step), second / (1 - beta2**step)
        total = total - rate * corrected[0] / (np.sqrt(corrected[1]) + eps)
    return total

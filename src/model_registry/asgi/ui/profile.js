// The risk profile of a model: what examiners ask beyond the contract's fields.

export async function profilePanel() {}

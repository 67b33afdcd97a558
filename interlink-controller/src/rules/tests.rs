mod allocation;
mod links;
mod policies;
mod random;
mod reports;
